package entstore

import (
	"cmp"
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/user"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// UpsertUsers implements audience.Store. Rows that are as they should be are not written: a host that sends its whole
// directory every night costs reads, which wait for nobody.
func (s *Store) UpsertUsers(ctx context.Context, applicationID string, users []*audiencev1.User) (changed int, err error) {
	// In one order, so that two calls cannot lock each other out.
	users = slices.SortedFunc(slices.Values(users), func(a, b *audiencev1.User) int {
		return cmp.Compare(a.GetUserId(), b.GetUserId())
	})
	for some := range slices.Chunk(users, portion) {
		var different []*audiencev1.User
		err := retry("upsert users", func() (err error) {
			if different, err = s.different(ctx, applicationID, some); err != nil || len(different) == 0 {
				return err
			}
			return s.write.User.CreateBulk(s.rows(applicationID, different)...).
				OnConflict(sql.ConflictColumns(user.FieldApplicationID, user.FieldUserID)).
				Update(func(u *ent.UserUpsert) { u.UpdateName().UpdateRole().UpdateEntityID().UpdateUpdatedAt() }).
				Exec(ctx)
		})
		if err != nil {
			return changed, err
		}
		changed += len(different)
	}
	return changed, nil
}

// different answers those of some users who are not in the directory, or not as they are there.
func (s *Store) different(ctx context.Context, applicationID string, some []*audiencev1.User) ([]*audiencev1.User, error) {
	ids := make([]string, len(some))
	for i, u := range some {
		ids[i] = u.GetUserId()
	}
	rows, err := s.read.User.Query().
		Where(named(applicationID, ids)).
		Select(user.FieldUserID, user.FieldName, user.FieldRole, user.FieldEntityID).
		All(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]*ent.User, len(rows))
	for _, row := range rows {
		known[row.UserID] = row
	}
	var different []*audiencev1.User
	for _, u := range some {
		row, ok := known[u.GetUserId()]
		if !ok || row.Name != u.GetName() || row.Role != u.GetRole() || row.EntityID != u.GetEntityId() {
			different = append(different, u)
		}
	}
	return different, nil
}

func (s *Store) rows(applicationID string, users []*audiencev1.User) []*ent.UserCreate {
	now := s.now().UnixMicro()
	rows := make([]*ent.UserCreate, len(users))
	for i, u := range users {
		rows[i] = s.write.User.Create().
			SetID(rowID(applicationID, u.GetUserId())).
			SetApplicationID(applicationID).
			SetUserID(u.GetUserId()).
			SetName(u.GetName()).
			SetRole(u.GetRole()).
			SetEntityID(u.GetEntityId()).
			SetCreatedAt(now).
			SetUpdatedAt(now)
	}
	return rows
}
