package entstore

import (
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent/user"
	"github.com/palabre/palabre/services/audience"
)

// stretch is a part of a directory that one index has all of: what a query asks of users besides their application. Empty
// is everyone.
type stretch []*sql.Predicate

// disjoint answers the users that selections choose in stretches which have no user in common, so that who is counted in
// one need not be looked for in another.
func disjoint(selections []audience.Selection) []stretch {
	var roles, entities []any
	var pairs []audience.Selection
	for _, s := range selections {
		switch {
		case s == audience.Selection{}:
			return []stretch{{}}
		case s.EntityID == "":
			roles = append(roles, s.Role)
		case s.Role == "":
			entities = append(entities, s.EntityID)
		case !slices.Contains(pairs, s):
			pairs = append(pairs, s)
		}
	}
	var all []stretch
	if len(roles) > 0 {
		all = append(all, stretch{sql.In(user.FieldRole, roles...)})
	}
	if len(entities) > 0 {
		all = append(all, stretch{sql.In(user.FieldEntityID, entities...)}.butNot(user.FieldRole, roles))
	}
	for _, p := range pairs {
		if !slices.Contains(roles, any(p.Role)) && !slices.Contains(entities, any(p.EntityID)) {
			all = append(all, stretch{sql.EQ(user.FieldEntityID, p.EntityID), sql.EQ(user.FieldRole, p.Role)})
		}
	}
	return all
}

func (s stretch) butNot(column string, values []any) stretch {
	if len(values) == 0 {
		return s
	}
	return append(s, sql.NotIn(column, values...))
}
