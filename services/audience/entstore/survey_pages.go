package entstore

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent/audiencereceipt"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// page keeps the first users behind a place, in whatever order they are offered.
type page struct {
	place audience.Place
	limit int
	ids   []string
}

func (p *page) offer(userID []byte) {
	if p.place.Ended || string(userID) <= p.place.After {
		return
	}
	full := len(p.ids) == p.limit
	if full && string(userID) >= p.ids[p.limit-1] {
		return
	}
	i, _ := slices.BinarySearch(p.ids, string(userID))
	if full {
		p.ids = p.ids[:p.limit-1]
	}
	p.ids = slices.Insert(p.ids, i, string(userID))
}

// knownReaders answers what the directory knows of users, by their ids.
func (s *Store) knownReaders(ctx context.Context, q audience.SurveyQuery, userIDs []string) (map[string]*audiencev1.Reader, error) {
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
