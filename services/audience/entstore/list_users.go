package entstore

import (
	"context"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/ent/user"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// ListUsers implements audience.Store.
func (s *Store) ListUsers(ctx context.Context, q audience.UsersQuery) ([]*audiencev1.User, error) {
	var rows []*ent.User
	err := retry("list users", func() (err error) {
		rows, err = s.read.User.Query().
			Where(passing(q)...).
			Order(user.ByUserID()).
			Limit(q.Limit).
			Select(user.FieldUserID, user.FieldName, user.FieldRole, user.FieldEntityID, user.FieldEntityName, user.FieldCreatedAt).
			All(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	users := make([]*audiencev1.User, len(rows))
	for i, row := range rows {
		users[i] = userProto(row)
	}
	return users, nil
}

// passing answers what a query says of users. Whom several selections choose is in one row of one query, and so comes
// once.
func passing(q audience.UsersQuery) []predicate.User {
	where := []predicate.User{user.ApplicationID(q.ApplicationID)}
	if len(q.UserIDs) > 0 {
		where = []predicate.User{named(q.ApplicationID, q.UserIDs)}
	}
	if q.From != audience.AnyOrigin {
		where = append(where, user.Source(string(q.From)))
	}
	if q.After != "" {
		where = append(where, user.UserIDGT(q.After))
	}
	if one, limited := anyOf(q.AnyOf); limited {
		where = append(where, one)
	}
	return where
}

// anyOf is that one of the selections chooses the user; limited is false when that is everyone.
func anyOf(selections []audience.Selection) (one predicate.User, limited bool) {
	var alternatives []predicate.User
	for _, s := range selections {
		switch {
		case s.Role == "" && s.EntityID == "":
			return nil, false
		case s.Role == "":
			alternatives = append(alternatives, user.EntityID(s.EntityID))
		case s.EntityID == "":
			alternatives = append(alternatives, user.Role(s.Role))
		default:
			alternatives = append(alternatives, user.And(user.EntityID(s.EntityID), user.Role(s.Role)))
		}
	}
	if len(alternatives) == 0 {
		return nil, false
	}
	return user.Or(alternatives...), true
}
