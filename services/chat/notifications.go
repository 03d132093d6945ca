package chat

import (
	"context"
	"iter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

const (
	// maxUndelivered is how many messages of a conversation someone is notified of who receives none: a flood is told, and
	// not multiplied by its readers.
	maxUndelivered = 20
	// notificationsAtOnce is how many are stored in one transaction: so few that a send does not wait for them long.
	notificationsAtOnce = 100
	// wayForSends is how many times as long as it took to store some the sends have the database, while there are any.
	wayForSends = 3
)

// notices are what events of an application mean for its notifications.
type notices struct {
	// messages are events of new ones, by conversation, in the order of seqs.
	messages map[string][]*chatv1.Event
	joined   []*chatv1.ChatNotification
	receipts []ReadReceipt
}

// notify stores the notifications of a batch of events. Whatever the sizes of their conversations, it asks two questions
// for each application.
func (s *Service) notify(ctx context.Context, events []StoredEvent) error {
	all := map[string]*notices{}
	for _, e := range events {
		if all[e.ApplicationID] == nil {
			all[e.ApplicationID] = &notices{messages: map[string][]*chatv1.Event{}}
		}
		all[e.ApplicationID].add(e)
	}
	for applicationID, n := range all {
		if err := s.store.SettleNotifications(ctx, applicationID, n.receipts); err != nil {
			return err
		}
		latest, reach := n.latest()
		behind, err := s.store.ListBehind(ctx, applicationID, latest, reach)
		if err != nil {
			return err
		}
		if err := s.addNotifications(ctx, applicationID, n.notifications(applicationID, behind)); err != nil {
			return err
		}
	}
	return nil
}

// add takes note of an event.
func (n *notices) add(e StoredEvent) {
	switch event := e.Event; event.GetEvent() {
	case EventMessageCreated:
		if m := event.GetMessage(); m.GetSeq() > 0 && m.GetDeletedAt() == nil {
			n.messages[event.GetConversationId()] = append(n.messages[event.GetConversationId()], event)
		}
	case EventReceiptRead:
		n.read(event, event.GetReceipt().GetUserId(), event.GetReceipt().GetSeq())
	case EventParticipantAdded:
		p := event.GetParticipant()
		if p.GetUserId() == "" {
			return // A visitor.
		}
		// Whoever comes back has nothing unread, whatever came before they left.
		n.read(event, p.GetUserId(), p.GetReadSeq())
		n.joined = append(n.joined, newNotification(e.ApplicationID, p.GetUserId(), chatv1.ChatNotification_conversation_joined, event))
	}
}

func (n *notices) read(e *chatv1.Event, userID string, seq int64) {
	n.receipts = append(n.receipts, ReadReceipt{
		ConversationID: e.GetConversationId(), UserID: userID, Seq: seq, At: e.GetAt().AsTime(),
	})
}

// latest answers the seq of the last new message of each conversation, and how far below it those may be who miss one.
func (n *notices) latest() (seqs map[string]int64, reach int64) {
	seqs = make(map[string]int64, len(n.messages))
	for conversationID, events := range n.messages {
		first, last := events[0].GetMessage().GetSeq(), events[len(events)-1].GetMessage().GetSeq()
		seqs[conversationID] = last
		reach = max(reach, last-first+maxUndelivered)
	}
	return seqs, reach
}

// notifications are all that the events ask for, given who has not received their messages.
func (n *notices) notifications(applicationID string, behind []Behind) iter.Seq[*chatv1.ChatNotification] {
	return func(yield func(*chatv1.ChatNotification) bool) {
		for _, joined := range n.joined {
			if !yield(joined) {
				return
			}
		}
		for _, b := range behind {
			for _, e := range n.messages[b.ConversationID] {
				if b.misses(e.GetMessage()) && !yield(newNotification(applicationID, b.UserID, chatv1.ChatNotification_new_message, e)) {
					return
				}
			}
		}
	}
}

// misses says that the user has not received a message of another, and is not overwhelmed already.
func (b Behind) misses(m *chatv1.Message) bool {
	own := m.GetSenderType() == chatv1.Message_user && m.GetSenderId() == b.UserID
	ahead := m.GetSeq() - b.DeliveredSeq
	return !own && ahead > 0 && ahead <= maxUndelivered
}

// newNotification tells a user of an event.
func newNotification(applicationID, userID string, kind chatv1.ChatNotification_Type, e *chatv1.Event) *chatv1.ChatNotification {
	about := e.GetMessage().GetId()
	n := &chatv1.ChatNotification{
		UserId:         userID,
		MessageId:      about,
		ConversationId: e.GetConversationId(),
		Type:           kind,
		Status:         chatv1.ChatNotification_sent,
		SentAt:         timestamppb.New(e.GetAt().AsTime().Truncate(time.Microsecond)),
	}
	if about == "" {
		about = e.GetConversationId()
	}
	n.Id = notificationID(e.GetAt().AsTime(), applicationID, userID, about, kind.String())
	return n
}

// addNotifications stores notifications, some at a time, and leaves the database to the sends for as long in between as it
// had it for itself, and longer once there are any: on SQLite they wait for one another, and nobody waits for this.
func (s *Service) addNotifications(ctx context.Context, applicationID string, all iter.Seq[*chatv1.ChatNotification]) error {
	batch := make([]*chatv1.ChatNotification, 0, notificationsAtOnce)
	sent := s.bell.Next()
	store := func() error {
		began := time.Now()
		if err := s.store.AddNotifications(ctx, applicationID, batch); err != nil {
			return err
		}
		batch = batch[:0]
		way := time.Since(began)
		select {
		case <-sent:
			way *= wayForSends
		default:
		}
		return giveWay(ctx, way)
	}
	for n := range all {
		if batch = append(batch, n); len(batch) < notificationsAtOnce {
			continue
		}
		if err := store(); err != nil {
			return err
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return store()
}

// giveWay waits for a time, or answers why the context ended.
func giveWay(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
