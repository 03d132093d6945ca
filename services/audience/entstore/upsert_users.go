package entstore

import (
	"cmp"
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/user"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// UpsertUsers implements audience.Store. Rows that are as they should be are not written: a host that sends its whole
// directory every night costs reads, which wait for nobody.
func (s *Store) UpsertUsers(ctx context.Context, applicationID string, from audience.Origin, users []*audiencev1.User) (changed int, err error) {
	// In one order, so that two calls cannot lock each other out.
	users = slices.SortedFunc(slices.Values(users), func(a, b *audiencev1.User) int {
		return cmp.Compare(a.GetUserId(), b.GetUserId())
	})
	for some := range slices.Chunk(users, portion) {
		var different []*audiencev1.User
		err := retry("upsert users", func() (err error) {
			if different, err = s.different(ctx, applicationID, from, some); err != nil || len(different) == 0 {
				return err
			}
			return s.write.User.CreateBulk(s.rows(applicationID, from, different)...).
				OnConflict(sql.ConflictColumns(user.FieldApplicationID, user.FieldUserID)).
				Update(func(u *ent.UserUpsert) { replaceUser(u.UpdateSet, from) }).
				Exec(ctx)
		})
		if err != nil {
			return changed, err
		}
		changed += len(different)
	}
	return changed, nil
}

// different answers those of some users who are not in the directory, or not as they should be there.
func (s *Store) different(ctx context.Context, applicationID string, from audience.Origin, some []*audiencev1.User) ([]*audiencev1.User, error) {
	ids := make([]string, len(some))
	for i, u := range some {
		ids[i] = u.GetUserId()
	}
	rows, err := s.read.User.Query().
		Where(named(applicationID, ids)).
		Select(user.FieldUserID, user.FieldName, user.FieldRole, user.FieldEntityID, user.FieldEntityName, user.FieldSource).
		All(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]*ent.User, len(rows))
	for _, row := range rows {
		known[row.UserID] = row
	}
	return slices.DeleteFunc(slices.Clone(some), func(u *audiencev1.User) bool {
		row, ok := known[u.GetUserId()]
		return ok && (givesWay(from, row) || same(row, from, u))
	}), nil
}

// givesWay says that what comes from a token has nothing to tell of a user whom another source told of.
func givesWay(from audience.Origin, row *ent.User) bool {
	return from == audience.OriginToken && row.Source != string(audience.OriginToken)
}

func same(row *ent.User, from audience.Origin, u *audiencev1.User) bool {
	return row.Name == u.GetName() && row.Role == u.GetRole() && row.EntityID == u.GetEntityId() && row.Source == string(from) &&
		(u.GetEntityName() == "" || row.EntityName == u.GetEntityName())
}

func (s *Store) rows(applicationID string, from audience.Origin, users []*audiencev1.User) []*ent.UserCreate {
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
			SetEntityName(u.GetEntityName()).
			SetSource(string(from)).
			SetCreatedAt(now).
			SetUpdatedAt(now)
	}
	return rows
}
