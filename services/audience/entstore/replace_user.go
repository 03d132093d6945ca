package entstore

import (
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent/user"
	"github.com/palabre/palabre/services/audience"
)

// replaceUser says what becomes of a user who is in the directory already. It is decided by the database, where nobody
// comes in between.
func replaceUser(u *sql.UpdateSet, from audience.Origin) {
	given := func(column string) string { return excluded(u, column) }
	kept := u.Table().C
	set := func(column, value string) {
		if from == audience.OriginToken {
			value = fmt.Sprintf("CASE WHEN %s = '%s' THEN %s ELSE %s END", kept(user.FieldSource), from, value, kept(column))
		}
		u.Set(column, sql.Expr(value))
	}
	// MySQL assigns from left to right, and each value sees what was assigned before it: so an entity's name comes before
	// the entity.
	set(user.FieldEntityName, fmt.Sprintf("CASE WHEN %s <> '' OR %s <> %s THEN %s ELSE %s END",
		given(user.FieldEntityName), given(user.FieldEntityID), kept(user.FieldEntityID),
		given(user.FieldEntityName), kept(user.FieldEntityName)))
	for _, column := range []string{user.FieldName, user.FieldRole, user.FieldEntityID, user.FieldUpdatedAt, user.FieldSource} {
		set(column, given(column))
	}
}

// excluded is the value of a column in the row that was to be inserted.
func excluded(u *sql.UpdateSet, column string) string {
	if u.Dialect() == dialect.MySQL {
		return "VALUES(`" + column + "`)"
	}
	return `"excluded"."` + column + `"`
}
