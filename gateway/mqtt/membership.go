package mqttgw

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// MembershipConfig is what a Membership is made of. Chat is required.
type MembershipConfig struct {
	// Chat is asked for the members of a conversation, as the component "mqtt".
	Chat chatv1.ChatServiceClient
	// TTL is how long a member is taken for one without asking again, in case a change went unnoticed: 1 minute.
	TTL time.Duration
	// NegativeTTL is how long somebody is taken for no member: 1 second. They may have been told before the gateway that
	// they are one.
	NegativeTTL time.Duration
	// MaxMembers is how many members of all conversations are remembered together, of about 100 bytes each: 1,000,000.
	MaxMembers int
	// Timeout bounds the loading of one conversation: 5 s.
	Timeout time.Duration
	// Logger hears of what could not be loaded. slog.Default by default.
	Logger *slog.Logger
	// Now is the clock. time.Now by default.
	Now func() time.Time
}

// Membership remembers who is in which conversation. It answers from memory nearly always: what it knows is forgotten when
// the gateway's downlink sees it change. All methods may be called at once.
type Membership struct {
	config MembershipConfig

	mu    sync.Mutex
	known *memberCache
	loads map[conversation]*load
}

// conversation names one, in all applications.
type conversation struct{ application, id string }

// load is a question to the service under way, which all who want to know wait for.
type load struct {
	done chan struct{}
	// stale says that the members changed meanwhile: the answer may be from before, and is of no use. Guarded by
	// Membership.mu.
	stale   bool
	members *members
	err     error
}

// members are those of one conversation as of a time.
type members struct {
	subjects map[string]struct{}
	asOf     time.Time
}

// pageOfMembers is how many the service answers at once.
const pageOfMembers = 1000

// maxStaleLoads is how often one question is asked again because the members changed meanwhile.
const maxStaleLoads = 5

var errUnsteady = errors.New("the members change all the time")

// NewMembership makes a Membership that knows nothing yet.
func NewMembership(c MembershipConfig) *Membership {
	orDefault(&c.TTL, time.Minute)
	orDefault(&c.NegativeTTL, time.Second)
	orDefault(&c.MaxMembers, 1_000_000)
	orDefault(&c.Timeout, 5*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Membership{config: c, known: newMemberCache(c.MaxMembers), loads: map[conversation]*load{}}
}

// MayAccess says whether a subject is in a conversation now. It is nobody's conversation when there is no such one. An
// error says that it cannot be known.
func (m *Membership) MayAccess(ctx context.Context, applicationID, subject, conversationID string) (bool, error) {
	all, err := m.members(ctx, conversation{applicationID, conversationID}, func(known *members, age time.Duration) bool {
		_, in := known.subjects[subject]
		return in && age < m.config.TTL || !in && age < m.config.NegativeTTL
	})
	if err != nil {
		return false, err
	}
	_, in := all.subjects[subject]
	return in, nil
}

// Members answers the subjects in a conversation, in no particular order; none when there is no such conversation.
func (m *Membership) Members(ctx context.Context, applicationID, conversationID string) ([]string, error) {
	all, err := m.members(ctx, conversation{applicationID, conversationID}, func(_ *members, age time.Duration) bool {
		return age < m.config.TTL
	})
	if err != nil {
		return nil, err
	}
	list := make([]string, 0, len(all.subjects))
	for subject := range all.subjects {
		list = append(list, subject)
	}
	return list, nil
}

// members answers what is known of a conversation if that will do, and otherwise loads it.
func (m *Membership) members(ctx context.Context, c conversation, willDo func(*members, time.Duration) bool) (*members, error) {
	for range maxStaleLoads {
		m.mu.Lock()
		if known := m.known.get(c); known != nil && willDo(known, m.config.Now().Sub(known.asOf)) {
			m.mu.Unlock()
			return known, nil
		}
		l := m.loads[c]
		if l == nil {
			l = &load{done: make(chan struct{})}
			m.loads[c] = l
			// Those who wait may give up; the next one gets the answer.
			go m.load(context.WithoutCancel(ctx), c, l)
		}
		m.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if l.err != nil {
			return nil, l.err
		}
		if !m.isStale(l) {
			return l.members, nil
		}
	}
	return nil, errUnsteady
}

func (m *Membership) isStale(l *load) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return l.stale
}

// load asks the service, and keeps the answer unless the members changed meanwhile.
func (m *Membership) load(ctx context.Context, c conversation, l *load) {
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	asOf := m.config.Now()
	subjects, err := m.list(ctx, c)
	if err != nil {
		m.config.Logger.WarnContext(ctx, "members of a conversation could not be loaded", "conversation_id", c.id, "error", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.members, l.err = &members{subjects, asOf}, err
	if m.loads[c] == l {
		delete(m.loads, c)
	}
	if err == nil && !l.stale {
		m.known.put(c, l.members)
	}
	close(l.done)
}

// list answers all members, page by page.
func (m *Membership) list(ctx context.Context, c conversation) (map[string]struct{}, error) {
	ctx = auth.ActAs(ctx, auth.Principal{ApplicationID: c.application, Kind: auth.KindPeer, Peer: component})
	subjects := map[string]struct{}{}
	req := &chatv1.ListParticipantsRequest{ConversationId: c.id, Limit: pageOfMembers}
	for {
		page, err := m.config.Chat.ListParticipants(ctx, req)
		switch code := rpcerr.Code(err); {
		case code == codes.NotFound || code == codes.InvalidArgument && req.PageToken == "":
			return nil, nil // no such conversation, or not the id of one
		case err != nil:
			return nil, err
		}
		for _, p := range page.GetParticipants() {
			subjects[subjectOf(p)] = struct{}{}
		}
		if page.GetNextPageToken() == "" {
			return subjects, nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}

// subjectOf names a participant as topics do. One who was a visitor and became a user has both ids.
func subjectOf(p *chatv1.Participant) string {
	if p.GetUserId() == "" && p.GetAnonymousId() != "" {
		return auth.AnonymousPrefix + p.GetAnonymousId()
	}
	return p.GetUserId()
}

// forget drops what is known of a conversation, and what is about to become known.
func (m *Membership) forget(c conversation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known.remove(c)
	if l := m.loads[c]; l != nil {
		l.stale = true
		delete(m.loads, c)
	}
}

// forgetAll drops everything, when changes may have gone unnoticed.
func (m *Membership) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = newMemberCache(m.config.MaxMembers)
	for _, l := range m.loads {
		l.stale = true
	}
	clear(m.loads)
}

// eventsOfMembership are those after which a conversation has other members.
var eventsOfMembership = []string{
	eventParticipantAdded, eventParticipantRemoved, eventConversationCreated, eventConversationDeleted,
}

// observe takes note of an event.
func (m *Membership) observe(applicationID string, e *chatv1.Event) {
	if slices.Contains(eventsOfMembership, e.GetEvent()) {
		m.forget(conversation{applicationID, e.GetConversationId()})
	}
}
