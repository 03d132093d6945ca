package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ModerationCount is how often a rule hit on a day. Owned by the moderation service.
type ModerationCount struct{ ent.Schema }

// Mixin of ModerationCount.
func (ModerationCount) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of ModerationCount.
func (ModerationCount) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("rule").MaxLen(64).Immutable(),
		field.Int64("day").Immutable().
			Comment("Days since 1970 in UTC."),
		field.Int64("hits").Default(0),
		field.Int64("dry_run_hits").Default(0),
		field.Int64("overturned").Default(0),
	}
}

// Indexes of ModerationCount.
func (ModerationCount) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "day", "rule").Unique(),
		// What has become old, of all applications.
		index.Fields("day"),
	}
}
