package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// AddParticipant implements chat.Store. A newcomer begins with nothing unread: the history is there to look at, and was
// not written to them.
func (s *Store) AddParticipant(ctx context.Context, applicationID string, p *chatv1.Participant) (*chatv1.Participant, bool, error) {
	var stored *ent.Participant
	added := false
	err := s.change(ctx, "add participant", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, p.GetConversationId())
		if err != nil {
			return err
		}
		stored, err = tx.Participant.Query().
			Where(participant.ConversationID(c.ID), participant.Subject(chat.Subject(p))).
			Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		if added = stored == nil || stored.LeftAt != nil; !added {
			return nil
		}
		if err := makeRoom(ctx, tx, c); err != nil {
			return err
		}
		if stored, err = s.join(ctx, tx, c, stored, p); err != nil {
			return err
		}
		return memberChanged(ctx, tx, f, c, stored, chat.EventParticipantAdded, 1)
	})
	if err != nil {
		return nil, false, err
	}
	return participantProto(stored), added, nil
}

// makeRoom makes a conversation wide when it is to have more participants than messages count for one by one.
func makeRoom(ctx context.Context, tx *ent.Tx, c *ent.Conversation) error {
	if c.IsWide || !isWideWith(c, c.ParticipantCount+1) {
		return nil
	}
	if err := widen(ctx, tx, c); err != nil {
		return err
	}
	c.IsWide = true
	return tx.Conversation.UpdateOneID(c.ID).SetIsWide(true).Exec(ctx)
}

// join makes someone a member, anew or again.
func (s *Store) join(ctx context.Context, tx *ent.Tx, c *ent.Conversation, before *ent.Participant, p *chatv1.Participant) (*ent.Participant, error) {
	// Events up to here are from before they joined. One that commits meanwhile has a later position, which does no harm.
	head, err := tx.EventHead.Get(ctx, headID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		row, err := newParticipant(tx, c, p)
		if err != nil {
			return nil, err
		}
		setDelivered(row.Mutation(), c, c.LastSeq)
		setRead(row.Mutation(), c, c.LastSeq)
		return row.SetJoinedPosition(head.Position).Save(ctx)
	}
	again := tx.Participant.UpdateOne(before).
		SetRole(p.GetRole().String()).
		SetJoinedAt(micros(p.GetJoinedAt())).
		SetJoinedPosition(head.Position).
		ClearLeftAt().
		SetOwnUnread(0).
		SetHasUnread(false)
	setDelivered(again.Mutation(), c, c.LastSeq)
	setRead(again.Mutation(), c, c.LastSeq)
	if place := rankOf(c, before.Subject); place != nil {
		again.SetListRank(*place)
	}
	if p.CanReply == nil {
		again.ClearCanReply()
	} else {
		again.SetCanReply(p.GetCanReply())
	}
	return again.Save(ctx)
}

// memberChanged counts a member in or out, and tells everyone, the one concerned included.
func memberChanged(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, p *ent.Participant, kind string, delta int32) error {
	err := tx.Conversation.UpdateOneID(c.ID).AddParticipantCount(delta).SetUpdatedAt(f.at()).Exec(ctx)
	if err != nil {
		return err
	}
	f.add(entry{
		applicationID:  c.ApplicationID,
		conversationID: c.ID,
		kind:           kind,
		recipient:      p.Subject,
		payload:        &chatv1.Event{Payload: &chatv1.Event_Participant{Participant: participantProto(p)}},
	})
	return nil
}

func presentMember(ctx context.Context, participants *ent.ParticipantClient, applicationID, conversationID, id string) (*ent.Participant, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, chat.ErrNotFound
	}
	conversationKey, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, chat.ErrNotFound
	}
	return participants.Query().
		Where(participant.ID(key), participant.ApplicationID(applicationID),
			participant.ConversationID(conversationKey), participant.LeftAtIsNil()).
		Only(ctx)
}

// UpdateParticipant implements chat.Store.
func (s *Store) UpdateParticipant(ctx context.Context, applicationID, conversationID, id string, change func(*chatv1.Participant)) (*chatv1.Participant, error) {
	var p *chatv1.Participant
	err := s.change(ctx, "update participant", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, conversationID)
		if err != nil {
			return err
		}
		row, err := presentMember(ctx, tx.Participant, applicationID, conversationID, id)
		if err != nil {
			return err
		}
		p = participantProto(row)
		change(p)
		if p.GetRole() != chatv1.Participant_admin {
			if err := keepsAnAdmin(ctx, tx, row); err != nil {
				return err
			}
		}
		update := tx.Participant.UpdateOne(row).SetRole(p.GetRole().String())
		if p.CanReply == nil {
			update.ClearCanReply()
		} else {
			update.SetCanReply(p.GetCanReply())
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		f.add(conversationChanged(c, chat.EventConversationUpdated, conversationProto(c)))
		return nil
	})
	return p, err
}

// RemoveParticipant implements chat.Store.
func (s *Store) RemoveParticipant(ctx context.Context, applicationID, conversationID, id string) error {
	return s.change(ctx, "remove participant", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		c, err := s.lockConversation(ctx, tx, applicationID, conversationID)
		if err != nil {
			return err
		}
		row, err := presentMember(ctx, tx.Participant, applicationID, conversationID, id)
		if err != nil {
			return err
		}
		// The last of all may go, and leaves a group that nobody is in.
		if c.ParticipantCount > 1 {
			if err := keepsAnAdmin(ctx, tx, row); err != nil {
				return err
			}
		}
		return leave(ctx, tx, f, c, row)
	})
}

// leave ends a membership, and marks what only they had still to receive or read.
func leave(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, member *ent.Participant) error {
	err := tx.Participant.UpdateOne(member).SetLeftAt(f.at()).ClearListRank().SetHasUnread(false).Exec(ctx)
	if err != nil {
		return err
	}
	if err := markAfterLeaving(ctx, tx, f, c, member); err != nil {
		return err
	}
	return memberChanged(ctx, tx, f, c, member, chat.EventParticipantRemoved, -1)
}

// keepsAnAdmin says whether a group still has an admin when this one is none any more.
func keepsAnAdmin(ctx context.Context, tx *ent.Tx, former *ent.Participant) error {
	if former.Role != chatv1.Participant_admin.String() {
		return nil
	}
	others, err := tx.Participant.Query().
		Where(participant.ConversationID(former.ConversationID), participant.LeftAtIsNil(),
			participant.Role(former.Role), participant.IDNEQ(former.ID)).
		Exist(ctx)
	if err == nil && !others {
		return chat.ErrLastAdmin
	}
	return err
}

// ListParticipants implements chat.Store.
func (s *Store) ListParticipants(ctx context.Context, applicationID, conversationID string, after chat.ParticipantKey, limit int) ([]*chatv1.Participant, error) {
	key, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, wrap("list participants", err)
	}
	q := s.read.Participant.Query().
		Where(participant.ConversationID(key), participant.ApplicationID(applicationID), participant.LeftAtIsNil(), named())
	if after != (chat.ParticipantKey{}) {
		id, err := uuid.Parse(after.ID)
		if err != nil {
			return nil, wrap("list participants", err)
		}
		q = q.Where(participant.Or(
			participant.JoinedAtGT(after.JoinedAt),
			participant.And(participant.JoinedAt(after.JoinedAt), participant.IDGT(id)),
		))
	}
	rows, err := q.Order(participant.ByJoinedAt(), participant.ByID()).Limit(limit).All(ctx)
	if err != nil {
		return nil, wrap("list participants", err)
	}
	list := make([]*chatv1.Participant, len(rows))
	for i, row := range rows {
		list[i] = participantProto(row)
	}
	return list, nil
}

// ListSubjects implements chat.Store.
func (s *Store) ListSubjects(ctx context.Context, applicationID, conversationID string) (chat.Members, error) {
	key, err := uuid.Parse(conversationID)
	if err != nil {
		return chat.Members{}, wrap("list subjects", err)
	}
	c, err := s.read.Conversation.Query().
		Where(conversation.ID(key), conversation.ApplicationID(applicationID)).
		Only(ctx)
	if err != nil {
		return chat.Members{}, wrap("list subjects", err)
	}
	members := chat.Members{Type: chatv1.Conversation_Type(chatv1.Conversation_Type_value[c.Type]), ForEveryone: c.ForEveryone}
	err = s.read.Participant.Query().
		Where(participant.ConversationID(key), participant.LeftAtIsNil(), named()).
		Select(participant.FieldSubject).
		Scan(ctx, &members.Subjects)
	return members, wrap("list subjects", err)
}

// named holds for participants who are in a conversation by themselves, and not as part of an announcement's audience: of
// those, only some have rows.
func named() predicate.Participant { return participant.ViaTarget("") }
