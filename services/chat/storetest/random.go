package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// randomSteps is how many things happen in one run of the comparison with the model.
const randomSteps = 100

// maxNarrow is the number of participants with one more of whom a conversation is wide.
const maxNarrow = 50

var walkers = []string{"ana", "ben", "cid", "dee"}

// random compares what the store answers with the model, after each of many random steps.
func random(t *testing.T, s chat.Store) {
	seed := uint64(time.Now().UnixNano())
	r := &randomWalk{T: t, store: s, rand: rand.New(rand.NewPCG(seed, 0)), now: time.Now()}
	r.shrink(r.create(wideSize))
	r.create(maxNarrow-len(walkers[1:]), walkers[1:]...)
	for range 4 {
		r.create(0, walkers...)
	}
	var done []string
	for range randomSteps {
		done = append(done, r.step())
		if r.check(); t.Failed() {
			t.Fatalf("seed %d, after %v", seed, done)
		}
	}
}

// randomWalk does the same to a store and to a model.
type randomWalk struct {
	*testing.T
	store chat.Store
	rand  *rand.Rand
	model model
	now   time.Time
}

// create makes a conversation with fillers, in which everyone is an admin, so that anyone may leave.
func (r *randomWalk) create(fillers int, members ...string) *modelConversation {
	for i := range fillers {
		members = append(members[:len(members):len(members)], fmt.Sprint("filler", i))
	}
	c := newConversation(chatv1.Conversation_group, members...)
	m := &modelConversation{id: c.GetId(), activity: c.GetCreatedAt().AsTime().Truncate(time.Microsecond), members: map[string]*modelMember{}}
	for _, p := range c.GetParticipants() {
		p.Role = chatv1.Participant_admin
		m.join(p.GetUserId())
	}
	_, _, err := r.store.CreateConversation(r.Context(), c, "")
	must(r, err)
	r.model.conversations = append(r.model.conversations, m)
	return m
}

// shrink leaves nobody in a conversation, which is still wide.
func (r *randomWalk) shrink(c *modelConversation) {
	for who := range c.members {
		r.leave(c, who)
	}
}

// step does one thing, and says what.
func (r *randomWalk) step() string {
	c := r.model.conversations[r.rand.IntN(len(r.model.conversations))]
	who := walkers[r.rand.IntN(len(walkers))]
	var does string
	switch present := c.members[who] != nil; {
	case !present:
		does = r.join(c, who)
	case r.rand.IntN(6) == 0:
		does = r.hold(c, who)
	case len(c.waiting) > 0 && r.rand.IntN(4) == 0:
		does = r.decide(c)
	case len(c.messages) == 0 || r.rand.IntN(3) == 0:
		does = r.send(c, who)
	default:
		does = r.act(c, who)
	}
	return fmt.Sprintf("%s %s in %s", who, does, short(c.id))
}

// short is the end of an id, in which those made one after the other differ.
func short(id string) string { return id[30:] }

// act does what is only possible where there are messages.
func (r *randomWalk) act(c *modelConversation, who string) string {
	seq := 1 + r.rand.IntN(len(c.messages))
	switch r.rand.IntN(9) {
	case 0:
		return r.leave(c, who)
	case 1:
		return r.pin(c)
	case 2:
		must(r, r.store.DeleteMessage(r.Context(), app, c.messages[seq-1].id, who))
		return fmt.Sprint("deletes ", seq)
	case 3:
		return r.expire(c)
	case 4, 5:
		return r.advance(c, who, chat.Delivered, seq)
	default:
		return r.advance(c, who, chat.Read, seq)
	}
}

func (r *randomWalk) join(c *modelConversation, who string) string {
	_, _, err := r.store.AddParticipant(r.Context(), app, member(&chatv1.Conversation{Id: c.id}, who, true))
	must(r, err)
	c.join(who)
	return "joins"
}

func (r *randomWalk) leave(c *modelConversation, who string) string {
	_, p, err := r.store.GetMembership(r.Context(), app, c.id, who)
	must(r, err)
	must(r, r.store.RemoveParticipant(r.Context(), app, c.id, p.GetId()))
	c.leave(who)
	return "leaves"
}

// send sends at once after what was before, or up to two minutes later: a list may be in an order that is kept to a minute.
func (r *randomWalk) send(c *modelConversation, who string) string {
	r.now = r.now.Add(time.Millisecond)
	if r.rand.IntN(2) == 0 {
		r.now = r.now.Add(time.Duration(r.rand.IntN(120)) * time.Second)
	}
	d := draft(&chatv1.Conversation{Id: c.id, ApplicationId: app}, who, uuid.NewString(), "bonjour")
	d.Message.CreatedAt = timestamppb.New(r.now)
	m, _, err := r.store.AppendMessage(r.Context(), d, anyone)
	must(r, err)
	c.send(m)
	return "sends"
}

// hold sends a message that has to wait for a moderator.
func (r *randomWalk) hold(c *modelConversation, who string) string {
	c.waiting = append(c.waiting, hold(r, r.store, &chatv1.Conversation{Id: c.id, ApplicationId: app}, who, "à voir"))
	return "sends what waits"
}

// decide decides on the oldest message that waits, also of a sender who has left since.
func (r *randomWalk) decide(c *modelConversation) string {
	m, approved := c.waiting[0], r.rand.IntN(3) > 0
	c.waiting = c.waiting[1:]
	must(r, decide(r, r.store, m, approved))
	if approved {
		c.publish(m, r.publishedAt(c))
		return fmt.Sprint("is approved as ", len(c.messages))
	}
	return "is rejected"
}

// publishedAt is when the latest message was published, by the store's own clock.
func (r *randomWalk) publishedAt(c *modelConversation) time.Time {
	stored, _, err := r.store.GetMembership(r.Context(), app, c.id, "")
	must(r, err)
	return stored.GetUpdatedAt().AsTime()
}

func (r *randomWalk) pin(c *modelConversation) string {
	c.pinned = !c.pinned
	_, err := r.store.UpdateConversation(r.Context(), app, c.id, func(stored *chatv1.Conversation) error {
		stored.IsPinned = c.pinned
		return nil
	})
	must(r, err)
	return fmt.Sprint("pins: ", c.pinned)
}

// expire gives a conversation an expiry date to come, or takes it away: neither changes anything yet.
func (r *randomWalk) expire(c *modelConversation) string {
	at := timestamppb.New(time.Now().Add(time.Hour))
	if r.rand.IntN(2) == 0 {
		at = nil
	}
	expire(r.T, r.store, &chatv1.Conversation{Id: c.id}, at)
	return fmt.Sprint("expires: ", at != nil)
}

func (r *randomWalk) advance(c *modelConversation, who string, kind chat.ReceiptKind, seq int) string {
	_, err := r.store.AdvanceReceipt(r.Context(), app, c.id, who, kind, int64(seq))
	must(r, err)
	c.advance(who, kind, seq)
	return fmt.Sprint(kind, " ", seq)
}

// check compares everyone's list and every message.
func (r *randomWalk) check() {
	for _, who := range walkers {
		r.checkList(who)
	}
	for _, c := range r.model.conversations {
		stored, err := r.store.ListMessages(r.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.id, Ascending: true, Limit: 1000})
		must(r, err)
		for i, m := range stored {
			want := c.messages[i]
			if m.GetId() != want.id || m.GetStatus() != want.status() || (m.GetReadAt() != nil) != want.read || (m.GetDeliveredAt() != nil) != want.delivered {
				r.Errorf("message %d of %s is %v, want %+v", i+1, short(c.id), m, want)
			}
		}
	}
}

func (r *randomWalk) checkList(who string) {
	want := r.model.list(who)
	var got []*chatv1.Conversation
	var after *chat.ConversationKey
	for {
		list, err := page(r.Context(), r.store, who, after, 3)
		must(r, err)
		if got = append(got, list...); len(list) < 3 {
			break
		}
		key := chat.KeyOf(list[len(list)-1])
		after = &key
	}
	if len(got) != len(want) {
		r.Errorf("%s is listed %d conversations, want %d", who, len(got), len(want))
		return
	}
	total := 0
	for i, c := range got {
		n := want[i].unread(who)
		total += n
		if c.GetId() != want[i].id || int(c.GetUnreadCount()) != n {
			r.Errorf("%s has at place %d %s with %d unread, want %s with %d", who, i, short(c.GetId()), c.GetUnreadCount(), short(want[i].id), n)
		}
	}
	if all := totalUnread(r.T, r.store, who); all != int64(total) {
		r.Errorf("%s has %d unread in all, want %d", who, all, total)
	}
}
