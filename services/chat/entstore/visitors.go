package entstore

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/anonymoususer"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// StartVisit implements chat.Store.
func (s *Store) StartVisit(ctx context.Context, v chat.Visitor, c *chatv1.Conversation) error {
	return s.change(ctx, "start visit", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		row, err := newAnonymousUser(tx, v)
		if err != nil {
			return err
		}
		if err := row.Exec(ctx); err != nil {
			return err
		}
		return insertConversation(ctx, tx, f, c, "")
	})
}

func newAnonymousUser(tx *ent.Tx, v chat.Visitor) (*ent.AnonymousUserCreate, error) {
	id, err := uuid.Parse(v.AnonymousUser.GetId())
	if err != nil {
		return nil, err
	}
	conversationID, err := uuid.Parse(v.ConversationID)
	if err != nil {
		return nil, err
	}
	row := tx.AnonymousUser.Create().
		SetID(id).
		SetApplicationID(v.ApplicationID).
		SetConversationID(conversationID).
		SetDeviceID(v.AnonymousUser.GetDeviceId()).
		SetAddressHash(v.AddressHash).
		SetName(v.AnonymousUser.GetName()).
		SetEmail(v.AnonymousUser.GetEmail()).
		SetCreatedAt(micros(v.AnonymousUser.GetCreatedAt()))
	if v.AnonymousUser.GetMetadata() == nil {
		return row, nil
	}
	metadata, err := protojson.Marshal(v.AnonymousUser.GetMetadata())
	return row.SetMetadata(metadata), err
}

// FindVisitor implements chat.Store.
func (s *Store) FindVisitor(ctx context.Context, applicationID, id string) (chat.Visitor, error) {
	row, err := visitorRow(ctx, s.read.AnonymousUser, applicationID, id)
	if err != nil {
		return chat.Visitor{}, wrap("find visitor", err)
	}
	v, err := visitorOf(row)
	return v, wrap("find visitor", err)
}

// visitorRow reads a visitor who has a conversation, which they all do.
func visitorRow(ctx context.Context, visitors *ent.AnonymousUserClient, applicationID, id string) (*ent.AnonymousUser, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, chat.ErrNotFound
	}
	return visitors.Query().
		Where(anonymoususer.ID(key), anonymoususer.ApplicationID(applicationID), anonymoususer.ConversationIDNotNil()).
		Only(ctx)
}

// VisitorNames implements chat.Store.
func (s *Store) VisitorNames(ctx context.Context, applicationID string, ids []string) (map[string]string, error) {
	keys := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if key, err := uuid.Parse(id); err == nil {
			keys = append(keys, key)
		}
	}
	rows, err := s.read.AnonymousUser.Query().
		Where(anonymoususer.IDIn(keys...), anonymoususer.ApplicationID(applicationID), anonymoususer.NameNEQ("")).
		Select(anonymoususer.FieldID, anonymoususer.FieldName).
		All(ctx)
	names := make(map[string]string, len(rows))
	for _, row := range rows {
		names[row.ID.String()] = row.Name
	}
	return names, wrap("visitor names", err)
}

// NthLatestVisit implements chat.Store.
func (s *Store) NthLatestVisit(ctx context.Context, q chat.VisitsQuery, n int) (time.Time, error) {
	from := []predicate.AnonymousUser{
		anonymoususer.ApplicationID(q.ApplicationID),
		anonymoususer.CreatedAtGT(q.Since.UnixMicro()),
	}
	if q.DeviceID != "" {
		from = append(from, anonymoususer.DeviceID(q.DeviceID))
	} else {
		from = append(from, anonymoususer.AddressHash(q.AddressHash))
	}
	row, err := s.write.AnonymousUser.Query().
		Where(from...).
		Order(anonymoususer.ByCreatedAt(sql.OrderDesc())).
		Offset(n - 1).
		First(ctx)
	switch {
	case ent.IsNotFound(err):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, wrap("nth latest visit", err)
	}
	return time.UnixMicro(row.CreatedAt), nil
}

// HasTakenPart implements chat.Store.
func (s *Store) HasTakenPart(ctx context.Context, applicationID, conversationID, subject string) (bool, error) {
	key, err := uuid.Parse(conversationID)
	if err != nil {
		return false, wrap("has taken part", err)
	}
	taken, err := s.read.Participant.Query().
		Where(participant.ConversationID(key), participant.ApplicationID(applicationID), participant.Subject(subject)).
		Exist(ctx)
	return taken, wrap("has taken part", err)
}

// ListMessagesOf implements chat.Store.
func (s *Store) ListMessagesOf(ctx context.Context, applicationID, conversationID, subject string) ([]*chatv1.Message, error) {
	key, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, wrap("list messages of", err)
	}
	rows, err := s.read.Message.Query().
		Where(message.ConversationID(key), message.ApplicationID(applicationID), message.SenderSubject(subject)).
		Order(message.ByCreatedAt(), message.BySeq(), message.ByID()).
		All(ctx)
	if err != nil {
		return nil, wrap("list messages of", err)
	}
	list := make([]*chatv1.Message, len(rows))
	for i, row := range rows {
		list[i] = messageProto(row)
	}
	return list, nil
}
