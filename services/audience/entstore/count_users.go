package entstore

import (
	"context"
	"slices"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/ent/user"
	"github.com/palabre/palabre/services/audience"
)

// headcount is how many users of a role an entity has, and two of them.
type headcount struct {
	EntityID string `sql:"entity_id"`
	Role     string `sql:"role"`
	Count    int64  `sql:"users"`
	First    string `sql:"first_user"`
	Last     string `sql:"last_user"`
}

// CountUsers implements audience.Store. Users are counted in an index, which has no names of entities; those are looked up
// with a user or two of each. Only where these know none is every user of the entity asked.
func (s *Store) CountUsers(ctx context.Context, applicationID, entityID string) (counts audience.Headcounts, err error) {
	err = retry("count users", func() error {
		heads, err := s.heads(ctx, applicationID, entityID)
		if err != nil {
			return err
		}
		counts.Users = make(map[audience.Selection]int64, len(heads))
		for _, h := range heads {
			counts.Users[audience.Selection{Role: h.Role, EntityID: h.EntityID}] = h.Count
		}
		counts.EntityNames, err = s.entityNames(ctx, applicationID, heads)
		return err
	})
	return counts, err
}

func (s *Store) heads(ctx context.Context, applicationID, entityID string) (heads []headcount, err error) {
	users := s.read.User.Query().Where(user.ApplicationID(applicationID))
	if entityID != "" {
		users.Where(user.EntityID(entityID))
	}
	err = users.GroupBy(user.FieldEntityID, user.FieldRole).
		Aggregate(
			ent.As(ent.Count(), "users"),
			ent.As(ent.Min(user.FieldUserID), "first_user"),
			ent.As(ent.Max(user.FieldUserID), "last_user"),
		).
		Scan(ctx, &heads)
	return heads, err
}

// entityNames answers the names of the entities of some users, by entity id; empty where nobody knows one.
func (s *Store) entityNames(ctx context.Context, applicationID string, heads []headcount) (map[string]string, error) {
	names := map[string]string{}
	var ids []string
	for _, h := range heads {
		if h.EntityID != "" {
			names[h.EntityID] = ""
			ids = append(ids, h.First, h.Last)
		}
	}
	for some := range slices.Chunk(ids, portion) {
		if err := s.addNames(ctx, names, named(applicationID, some)); err != nil {
			return nil, err
		}
	}
	for some := range slices.Chunk(nameless(names), portion) {
		theirs := user.And(user.ApplicationID(applicationID), user.EntityIDIn(some...))
		if err := s.addNames(ctx, names, theirs); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// nameless are the entities without a name.
func nameless(names map[string]string) []string {
	var ids []string
	for id, name := range names {
		if name == "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// addNames adds the names of entities that some users know.
func (s *Store) addNames(ctx context.Context, names map[string]string, some predicate.User) error {
	var rows []struct {
		EntityID   string `sql:"entity_id"`
		EntityName string `sql:"entity_name"`
	}
	err := s.read.User.Query().
		Where(some, user.EntityNameNEQ("")).
		GroupBy(user.FieldEntityID).
		Aggregate(ent.As(ent.Max(user.FieldEntityName), user.FieldEntityName)).
		Scan(ctx, &rows)
	for _, row := range rows {
		names[row.EntityID] = row.EntityName
	}
	return err
}
