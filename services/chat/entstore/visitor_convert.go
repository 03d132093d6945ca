package entstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// ConvertVisitor implements chat.Store. The participant and the messages stay the rows they are: only whose they are changes.
func (s *Store) ConvertVisitor(ctx context.Context, applicationID, id, userID string) (chat.Visitor, error) {
	var v chat.Visitor
	err := s.changeVisitor(ctx, "convert visitor", applicationID, id, func(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, row *ent.AnonymousUser) error {
		var err error
		if v, err = visitorOf(row); err != nil {
			return err
		}
		switch became := v.AnonymousUser.GetConvertedToUserId(); {
		case became == userID:
			return nil
		case v.Gone():
			return chat.ErrAlreadyConverted
		case c.DeletedAt != nil:
			return chat.ErrNotFound
		}
		if err := convert(ctx, tx, f, c, row, userID); err != nil {
			return err
		}
		v.AnonymousUser.ConvertedToUserId = userID
		return tx.AnonymousUser.UpdateOne(row).SetConvertedToUserID(userID).Exec(ctx)
	})
	return v, err
}

// convert puts a user into a visitor's place in a conversation.
func convert(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, row *ent.AnonymousUser, userID string) error {
	visitor := chat.Subject(&chatv1.Participant{AnonymousId: row.ID.String()})
	taken, err := tx.Participant.Query().Where(participant.ConversationID(c.ID), participant.Subject(userID)).Exist(ctx)
	if err != nil {
		return err
	}
	if taken {
		return chat.ErrAlreadyMember
	}
	before, err := memberOf(ctx, tx, c, visitor)
	if err != nil {
		return err
	}
	if before == nil {
		return chat.ErrNotFound
	}
	after, err := tx.Participant.UpdateOne(before).SetSubject(userID).SetAnonymousID(row.ID).Save(ctx)
	if err != nil {
		return err
	}
	f.rewrites = true
	err = tx.Message.Update().
		Where(message.ConversationID(c.ID), message.SenderSubject(visitor)).
		SetSenderSubject(userID).
		Exec(ctx)
	if err != nil {
		return err
	}
	if err := tx.Attachment.Update().Where(uploadedBy(c, visitor)...).SetUploaderSubject(userID).Exec(ctx); err != nil {
		return err
	}
	if err := notifyOfConversion(ctx, tx, f, c, after); err != nil {
		return err
	}
	return tellOfConversion(ctx, tx, f, c, before, after)
}

// tellOfConversion tells everyone that the visitor is gone and the user there: the visitor too, whose place it was.
func tellOfConversion(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, before, after *ent.Participant) error {
	if err := memberChanged(ctx, tx, f, c, before, chat.EventParticipantRemoved, 0); err != nil {
		return err
	}
	if err := memberChanged(ctx, tx, f, c, after, chat.EventParticipantAdded, 0); err != nil {
		return err
	}
	members, err := presentMembers(ctx, tx, c)
	if err != nil {
		return err
	}
	changed := conversationProto(c)
	changed.UpdatedAt = f.timestamp()
	for _, m := range members {
		changed.Participants = append(changed.Participants, participantProto(m))
	}
	f.add(conversationChanged(c, chat.EventConversationUpdated, changed))
	return nil
}

func presentMembers(ctx context.Context, tx *ent.Tx, c *ent.Conversation) ([]*ent.Participant, error) {
	return tx.Participant.Query().
		Where(participant.ConversationID(c.ID), participant.LeftAtIsNil()).
		Order(participant.ByJoinedAt(), participant.ByID()).
		All(ctx)
}

// notifyOfConversion leaves a notification to the others in the conversation.
func notifyOfConversion(ctx context.Context, tx *ent.Tx, f *feed, c *ent.Conversation, converted *ent.Participant) error {
	members, err := presentMembers(ctx, tx, c)
	if err != nil {
		return err
	}
	var notices []*ent.ChatNotificationCreate
	for _, m := range members {
		if _, visitor := chat.VisitorID(m.Subject); visitor || m.ID == converted.ID {
			continue
		}
		notices = append(notices, tx.ChatNotification.Create().
			SetID(conversionNoticeID(c.ID, converted.ID, m.Subject, f.at())).
			SetApplicationID(c.ApplicationID).
			SetUserID(m.Subject).
			SetConversationID(c.ID).
			SetType(chatv1.ChatNotification_visitor_converted.String()).
			SetStatus(chatv1.ChatNotification_sent.String()).
			SetSentAt(f.at()))
	}
	return tx.ChatNotification.CreateBulk(notices...).Exec(ctx)
}

// conversionNoticeID is the id of a user's notification of a conversion, however often it is computed: a UUID version 7,
// so that notifications sort by time, whose random part is a hash of what it is about.
func conversionNoticeID(conversationID, participantID uuid.UUID, userID string, at int64) uuid.UUID {
	sum := sha256.Sum256([]byte(strings.Join([]string{conversationID.String(), participantID.String(), userID}, "\x00")))
	id := uuid.UUID(sum[:16])
	var milliseconds [8]byte
	binary.BigEndian.PutUint64(milliseconds[:], uint64(at/1000))
	copy(id[:6], milliseconds[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
