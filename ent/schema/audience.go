package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// Audience is whom an announcement is addressed to, as its targets choose them from the directory at any time. Its id is
// the announcement's conversation. Owned by the audience service.
type Audience struct{ ent.Schema }

// Mixin of Audience.
func (Audience) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Audience.
func (Audience) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("author_id").MaxLen(64).Default("").Immutable().
			Comment("The user who wrote it; empty for a back end."),
		field.Bool("everyone").Default(false).Immutable().
			Comment("Whether every user of the application is in it."),
		field.Int64("created_at").Immutable(),
	}
}
