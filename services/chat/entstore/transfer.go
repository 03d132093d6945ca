package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// TransferConversation implements chat.Store.
func (s *Store) TransferConversation(ctx context.Context, t chat.Transfer) (*chatv1.Conversation, error) {
	var transferred *chatv1.Conversation
	err := s.change(ctx, "transfer conversation", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, t.ApplicationID, t.ConversationID)
		if err != nil {
			return err
		}
		if err := s.handOver(ctx, tx, f, c, t); err != nil {
			return err
		}
		if err := insertMessage(ctx, tx, f, c, t.Notice); err != nil {
			return err
		}
		if c, err = tx.Conversation.Get(ctx, c.ID); err != nil {
			return err
		}
		transferred = conversationProto(c)
		f.add(conversationChanged(c, chat.EventConversationUpdated, transferred))
		return nil
	})
	return transferred, err
}

// handOver takes one member out and brings another in. One who had the conversation before comes back to it.
func (s *Store) handOver(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, t chat.Transfer) error {
	from, err := memberOf(ctx, tx, c, t.From)
	if err != nil {
		return err
	}
	if from == nil {
		return chat.ErrNotFound
	}
	earlier, err := tx.Participant.Query().
		Where(participant.ConversationID(c.ID), participant.Subject(chat.Subject(t.To))).
		Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	if earlier != nil && earlier.LeftAt == nil {
		return chat.ErrAlreadyMember
	}
	if err := leave(ctx, tx, f, c, from); err != nil {
		return err
	}
	to, err := s.join(ctx, tx, c, earlier, t.To)
	if err != nil {
		return err
	}
	return memberChanged(ctx, tx, f, c, to, chat.EventParticipantAdded, 1)
}
