// Package storetest is what every chat.Store has to do, on every database: run it with Run.
package storetest

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// App is the application that the suite is about.
const App = "geosector"

const (
	app   = App
	other = "resalice"
)

// Run runs the suite. newStore answers a Store of an empty database.
func Run(t *testing.T, newStore func(*testing.T) chat.Store) {
	suite := map[string]func(*testing.T, chat.Store){
		"Messages":      messages,
		"Repeats":       repeats,
		"Waiting":       waiting,
		"Held":          heldMessages,
		"Attachments":   attachments,
		"Conversations": conversations,
		"Lists":         lists,
		"Random":        random,
		"Participants":  participants,
		"Receipts":      receipts,
		"Events":        events,
		"Visitors":      visitors,
		"Conversions":   conversions,
		"Transfers":     transfers,
		"Erasures":      erasures,
		"LongAway":      longAway,
		"Retention":     retention,
		"Applications":  applications,
		"Announcements": announcements,
		"Deliveries":    deliveries,
		"Leases":        leases,
		"Companions":    companions,
		"Behind":        behind,
		"Notifications": notifications,
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

// start makes a group whose first member is its admin.
func start(t testing.TB, s chat.Store, members ...string) *chatv1.Conversation {
	t.Helper()
	return create(t, s, chatv1.Conversation_group, "", members...)
}

func create(t testing.TB, s chat.Store, kind chatv1.Conversation_Type, pair string, members ...string) *chatv1.Conversation {
	t.Helper()
	c, _, err := s.CreateConversation(t.Context(), newConversation(kind, members...), pair)
	must(t, err)
	return c
}

func newConversation(kind chatv1.Conversation_Type, members ...string) *chatv1.Conversation {
	c := &chatv1.Conversation{
		Id:              uuid.Must(uuid.NewV7()).String(),
		ApplicationId:   app,
		Type:            kind,
		ReplyPermission: chatv1.Conversation_all,
		CreatedBy:       members[0],
		CreatedAt:       timestamppb.Now(),
		UpdatedAt:       timestamppb.Now(),
	}
	for i, m := range members {
		c.Participants = append(c.Participants, member(c, m, i == 0))
	}
	return c
}

func member(c *chatv1.Conversation, user string, admin bool) *chatv1.Participant {
	p := &chatv1.Participant{
		Id:             uuid.Must(uuid.NewV7()).String(),
		ConversationId: c.GetId(),
		UserId:         user,
		Role:           chatv1.Participant_member,
		JoinedAt:       timestamppb.Now(),
	}
	if admin {
		p.Role = chatv1.Participant_admin
	}
	return p
}

func draft(c *chatv1.Conversation, sender, clientID, content string) chat.Draft {
	sum := sha256.Sum256([]byte(content))
	return chat.Draft{
		ApplicationID: c.GetApplicationId(),
		SenderSubject: sender,
		Fingerprint:   sum[:16],
		Message: &chatv1.Message{
			Id:               chat.MessageID(c.GetApplicationId(), c.GetId(), sender, clientID).String(),
			ConversationId:   c.GetId(),
			ClientMessageId:  clientID,
			SenderId:         sender,
			SenderType:       chatv1.Message_user,
			Content:          content,
			ContentType:      chatv1.Message_text,
			CreatedAt:        timestamppb.Now(),
			Status:           chatv1.Message_sent,
			ModerationStatus: chatv1.Message_approved,
		},
	}
}

func anyone(*chatv1.Conversation, *chatv1.Participant) error { return nil }

// send stores a message that nobody refuses.
func send(t testing.TB, s chat.Store, c *chatv1.Conversation, sender, content string) *chatv1.Message {
	t.Helper()
	m, _, err := s.AppendMessage(t.Context(), draft(c, sender, uuid.NewString(), content), anyone)
	must(t, err)
	return m
}

// edit is another text for a message, by someone.
func edit(applicationID string, m *chatv1.Message, content, by string) chat.Edit {
	return chat.Edit{ApplicationID: applicationID, MessageID: m.GetId(), Content: content, By: by}
}

// history answers the contents of a conversation, oldest first.
func history(t *testing.T, s chat.Store, c *chatv1.Conversation) []string {
	t.Helper()
	list, err := s.ListMessages(t.Context(), chat.MessagesQuery{
		ApplicationID: c.GetApplicationId(), ConversationID: c.GetId(), Ascending: true, Limit: 1000,
	})
	must(t, err)
	var contents []string
	for _, m := range list {
		contents = append(contents, m.GetContent())
	}
	return contents
}

func page(ctx context.Context, s chat.Store, subject string, after *chat.ConversationKey, limit int) ([]*chatv1.Conversation, error) {
	return s.ListConversations(ctx, chat.ConversationsQuery{
		ApplicationID: app, Subject: subject, After: after, Limit: limit, Now: time.Now(),
	})
}

// kinds answers the kinds of the events a subject may see after a position.
func kinds(t *testing.T, s chat.Store, subject string, after int64) []string {
	t.Helper()
	list, err := s.ListEvents(t.Context(), chat.EventsQuery{ApplicationID: app, Subject: subject, After: after, Limit: 1000})
	must(t, err)
	var names []string
	for _, e := range list {
		names = append(names, e.Event.GetEvent())
	}
	return names
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Sender makes conversations of alice and bob, or of alice and these, and answers what sends the n-th message of a
// benchmark: a text of 200 bytes of alice's, to one conversation after the other.
func Sender(t testing.TB, s chat.Store, conversations int, members ...string) func(ctx context.Context, n int) error {
	t.Helper()
	if len(members) == 0 {
		members = []string{"bob"}
	}
	all := make([]*chatv1.Conversation, conversations)
	for i := range all {
		all[i] = start(t, s, append([]string{"alice"}, members...)...)
	}
	content := strings.Repeat("Bonjour Bob ! ", 15)[:200]
	return func(ctx context.Context, n int) error {
		d := draft(all[n%conversations], "alice", strconv.Itoa(n), content)
		_, _, err := s.AppendMessage(ctx, d, anyone)
		return err
	}
}

// Conversations makes conversations of alice and someone, with a message of alice's in each.
func Conversations(t testing.TB, s chat.Store, who string, count int) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(8)
	at := time.Now()
	for i := range count {
		group.Go(func() error {
			c := newConversation(chatv1.Conversation_group, "alice", who)
			if _, _, err := s.CreateConversation(t.Context(), c, ""); err != nil {
				return err
			}
			d := draft(c, "alice", "1", "bonjour")
			d.Message.CreatedAt = timestamppb.New(at.Add(time.Duration(i) * time.Second))
			_, _, err := s.AppendMessage(t.Context(), d, anyone)
			return err
		})
	}
	must(t, group.Wait())
}

// Changed sends, edits and deletes messages: each had a text that is taken away, and some have one that is kept.
func Changed(t testing.TB, s chat.Store, takenAway, kept string) {
	t.Helper()
	c := start(t, s, "alice", "bob")
	edited := send(t, s, c, "alice", takenAway)
	_, err := s.EditMessage(t.Context(), edit(app, edited, kept, "alice"))
	must(t, err)
	deleted := send(t, s, c, "alice", takenAway)
	must(t, s.DeleteMessage(t.Context(), app, deleted.GetId(), "bob"))
	_, err = s.AdvanceReceipt(t.Context(), app, c.GetId(), "bob", chat.Read, 2)
	must(t, err)
}
