package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent/audiencereceipt"
	"github.com/palabre/palabre/ent/user"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/audience"
)

// receipt is what a survey has to know of one.
type receipt struct {
	userID string
	read   bool
}

// receiptsOf reads the receipts of an announcement. It asks for no application, which the index does not have: an
// announcement is of one only.
func (s *Store) receiptsOf(ctx context.Context, conversationID string) ([]receipt, error) {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return nil, nil //nolint:nilerr // there is none of that id
	}
	query := sql.Dialect(s.dialect).
		Select(audiencereceipt.FieldUserID, audiencereceipt.FieldReadAt).
		From(sql.Table(audiencereceipt.Table)).
		Where(sql.EQ(audiencereceipt.FieldConversationID, id))
	var all []receipt
	var userID string
	var readAt sql.NullInt64
	err = s.each(ctx, query, func() { all = append(all, receipt{userID, readAt.Valid}) }, &userID, &readAt)
	return inOrder(all, func(r receipt) string { return r.userID }), err
}

// usersIn reads the ids of an application's users in stretches of the directory.
func (s *Store) usersIn(ctx context.Context, applicationID string, stretches []stretch) ([]string, error) {
	var all []string
	var userID string
	for _, some := range stretches {
		query := sql.Dialect(s.dialect).
			Select(user.FieldUserID).
			From(sql.Table(user.Table)).
			Where(sql.And(append(stretch{sql.EQ(user.FieldApplicationID, applicationID)}, some...)...))
		if err := s.each(ctx, query, func() { all = append(all, userID) }, &userID); err != nil {
			return nil, err
		}
	}
	return inOrder(all, func(id string) string { return id }), nil
}

// each is database.EachRow outside of transactions.
func (s *Store) each(ctx context.Context, selector *sql.Selector, visit func(), into ...any) error {
	query, args := selector.Query()
	return database.EachRow(ctx, s.read, query, args, visit, into...)
}

// knownReaders answers what the directory knows of users, by their ids.
func (s *Store) knownReaders(ctx context.Context, q audience.SurveyQuery, userIDs []string) (map[string]*audiencev1.Reader, error) {
	if len(userIDs) == 0 {
		return nil, nil // Of no ids, ListUsers would answer everyone.
	}
	users, err := s.ListUsers(ctx, audience.UsersQuery{ApplicationID: q.ApplicationID, UserIDs: userIDs, Limit: len(userIDs)})
	if err != nil {
		return nil, err
	}
	known := make(map[string]*audiencev1.Reader, len(users))
	for _, u := range users {
		known[u.GetUserId()] = &audiencev1.Reader{UserId: u.GetUserId(), Name: u.GetName(), EntityId: u.GetEntityId()}
	}
	return known, nil
}

// readTimes answers when users read an announcement, by their ids.
func (s *Store) readTimes(ctx context.Context, q audience.SurveyQuery, userIDs []string) (map[string]*timestamppb.Timestamp, error) {
	ids := make([]uuid.UUID, len(userIDs))
	for i, id := range userIDs {
		ids[i] = rowID(q.ApplicationID, q.ConversationID, id)
	}
	rows, err := s.read.AudienceReceipt.Query().
		Where(audiencereceipt.IDIn(ids...)).
		Select(audiencereceipt.FieldUserID, audiencereceipt.FieldReadAt).
		All(ctx)
	if err != nil {
		return nil, err
	}
	times := make(map[string]*timestamppb.Timestamp, len(rows))
	for _, row := range rows {
		if row.ReadAt != nil {
			times[row.UserID] = timestamp(*row.ReadAt)
		}
	}
	return times, nil
}
