package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/attachment"
	"github.com/palabre/palabre/ent/conversation"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// insertBatch is how many rows go into one INSERT: far below the number of parameters that any database takes.
const insertBatch = 500

// CreateConversation implements chat.Store.
func (s *Store) CreateConversation(ctx context.Context, c *chatv1.Conversation, pairKey string) (*chatv1.Conversation, bool, error) {
	if pairKey != "" {
		if stored, err := s.pair(ctx, c.GetApplicationId(), pairKey); err == nil || !ent.IsNotFound(err) {
			return stored, false, wrap("create conversation", err)
		}
	}
	err := s.change(ctx, "create conversation", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		return insertConversation(ctx, tx, f, c, pairKey)
	})
	if pairKey != "" && ent.IsConstraintError(err) {
		// Another call made the pair's conversation in between.
		stored, err := s.pair(ctx, c.GetApplicationId(), pairKey)
		return stored, false, wrap("create conversation", err)
	}
	if err != nil {
		return nil, false, err
	}
	return c, true, nil
}

// pair answers the conversation of a pair. It reads where writes go, so that it finds what was just written.
func (s *Store) pair(ctx context.Context, applicationID, pairKey string) (*chatv1.Conversation, error) {
	row, err := s.write.Conversation.Query().
		Where(conversation.ApplicationID(applicationID), conversation.PairKey(pairKey), conversation.DeletedAtIsNil()).
		Only(ctx)
	if err != nil {
		return nil, err
	}
	return conversationProto(row), nil
}

func insertConversation(ctx context.Context, tx *ent.Tx, f *feed, c *chatv1.Conversation, pairKey string) error {
	id, err := uuid.Parse(c.GetId())
	if err != nil {
		return err
	}
	row, err := newConversation(tx, id, c, pairKey).Save(ctx)
	if err != nil {
		return err
	}
	if err := insertParticipants(ctx, tx, row, c.GetParticipants()); err != nil {
		return err
	}
	f.add(entry{
		applicationID:  c.GetApplicationId(),
		conversationID: id,
		kind:           chat.EventConversationCreated,
		payload:        conversationEvent(c),
	})
	return nil
}

func newConversation(tx *ent.Tx, id uuid.UUID, c *chatv1.Conversation, key string) *ent.ConversationCreate {
	row := tx.Conversation.Create().
		SetID(id).
		SetApplicationID(c.GetApplicationId()).
		SetType(c.GetType().String()).
		SetTitle(c.GetTitle()).
		SetReplyPermission(c.GetReplyPermission().String()).
		SetCreatedBy(c.GetCreatedBy()).
		SetCreatedAt(micros(c.GetCreatedAt())).
		SetUpdatedAt(micros(c.GetUpdatedAt())).
		SetLastActivityAt(micros(c.GetCreatedAt())).
		SetIsPinned(c.GetIsPinned()).
		SetNillableExpiresAt(optionalMicros(c.GetExpiryDate())).
		SetParticipantCount(int32(len(c.GetParticipants()))).
		SetIsWide(len(c.GetParticipants()) > maxCounted)
	if key != "" {
		row.SetPairKey(key)
	}
	return row
}

func insertParticipants(ctx context.Context, tx *ent.Tx, c *ent.Conversation, members []*chatv1.Participant) error {
	for len(members) > 0 {
		batch := members[:min(insertBatch, len(members))]
		members = members[len(batch):]
		rows := make([]*ent.ParticipantCreate, len(batch))
		for i, m := range batch {
			row, err := newParticipant(tx, c, m)
			if err != nil {
				return err
			}
			rows[i] = row
		}
		if err := tx.Participant.CreateBulk(rows...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func newParticipant(tx *ent.Tx, c *ent.Conversation, p *chatv1.Participant) (*ent.ParticipantCreate, error) {
	id, err := uuid.Parse(p.GetId())
	if err != nil {
		return nil, err
	}
	row := tx.Participant.Create().
		SetID(id).
		SetApplicationID(c.ApplicationID).
		SetConversationID(c.ID).
		SetSubject(chat.Subject(p)).
		SetRole(p.GetRole().String()).
		SetNillableCanReply(p.CanReply).
		SetViaTarget(p.GetViaTarget()).
		SetJoinedAt(micros(p.GetJoinedAt())).
		SetNillableListRank(rankOf(c, chat.Subject(p)))
	setDelivered(row.Mutation(), c, 0)
	setRead(row.Mutation(), c, 0)
	return row, nil
}

// conversationEvent is what an event says of a conversation: of its participants only where there are two.
func conversationEvent(c *chatv1.Conversation) *chatv1.Event {
	shown := &chatv1.Conversation{
		Id:               c.GetId(),
		ApplicationId:    c.GetApplicationId(),
		Type:             c.GetType(),
		Title:            c.GetTitle(),
		ReplyPermission:  c.GetReplyPermission(),
		CreatedAt:        c.GetCreatedAt(),
		UpdatedAt:        c.GetUpdatedAt(),
		IsPinned:         c.GetIsPinned(),
		ExpiryDate:       c.GetExpiryDate(),
		ParticipantCount: c.GetParticipantCount(),
		CreatedBy:        c.GetCreatedBy(),
		LastSeq:          c.GetLastSeq(),
	}
	if isPair(c.GetType()) {
		shown.Participants = c.GetParticipants()
	}
	return &chatv1.Event{Payload: &chatv1.Event_Conversation{Conversation: shown}}
}

// isPair says that two take part in conversations of a type.
func isPair(t chatv1.Conversation_Type) bool {
	return t == chatv1.Conversation_one_to_one || t == chatv1.Conversation_anonymous
}

func (s *Store) conversation(ctx context.Context, applicationID, id string) (*ent.Conversation, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, chat.ErrNotFound
	}
	return s.read.Conversation.Query().
		Where(conversation.ID(key), conversation.ApplicationID(applicationID), conversation.DeletedAtIsNil()).
		Only(ctx)
}

// UpdateConversation implements chat.Store.
func (s *Store) UpdateConversation(ctx context.Context, applicationID, id string, change func(*chatv1.Conversation) error) (*chatv1.Conversation, error) {
	var c *chatv1.Conversation
	err := s.change(ctx, "update conversation", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		row, err := s.lockConversation(ctx, tx, applicationID, id)
		if err != nil {
			return err
		}
		c = conversationProto(row)
		if err := change(c); err != nil {
			return err
		}
		c.UpdatedAt = f.timestamp()
		if err := updateConversation(ctx, tx, row, c); err != nil {
			return err
		}
		f.add(conversationChanged(row, chat.EventConversationUpdated, c))
		return nil
	})
	return c, err
}

func updateConversation(ctx context.Context, tx *ent.Tx, row *ent.Conversation, c *chatv1.Conversation) error {
	update := tx.Conversation.UpdateOneID(row.ID).
		SetTitle(c.GetTitle()).
		SetReplyPermission(c.GetReplyPermission().String()).
		SetIsPinned(c.GetIsPinned()).
		SetUpdatedAt(micros(c.GetUpdatedAt()))
	if c.GetExpiryDate() == nil {
		update.ClearExpiresAt()
	} else {
		update.SetExpiresAt(micros(c.GetExpiryDate()))
	}
	if err := update.Exec(ctx); err != nil {
		return err
	}
	if c.GetIsPinned() != row.IsPinned {
		return rerank(ctx, tx, row, c.GetIsPinned())
	}
	return nil
}

// DeleteConversation implements chat.Store. The pair of a one_to_one may then begin another.
func (s *Store) DeleteConversation(ctx context.Context, applicationID, id string) error {
	return s.change(ctx, "delete conversation", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		row, err := s.lockConversation(ctx, tx, applicationID, id)
		if err != nil {
			return err
		}
		err = tx.Conversation.UpdateOneID(row.ID).SetDeletedAt(f.at()).SetUpdatedAt(f.at()).ClearPairKey().Exec(ctx)
		if err != nil {
			return err
		}
		if err := unlist(ctx, tx, row); err != nil {
			return err
		}
		if err := removeAttachments(ctx, tx, f.at(), attachment.ConversationID(row.ID)); err != nil {
			return err
		}
		f.add(conversationChanged(row, chat.EventConversationDeleted, conversationProto(row)))
		return nil
	})
}

func conversationChanged(row *ent.Conversation, kind string, c *chatv1.Conversation) entry {
	return entry{
		applicationID:  row.ApplicationID,
		conversationID: row.ID,
		kind:           kind,
		announced:      isAnnouncement(row),
		payload:        conversationEvent(c),
	}
}
