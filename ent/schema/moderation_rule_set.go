package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ModerationRuleSet is a version of an application's moderation rules: the latest is in force, and none is ever changed. Owned by
// the moderation service.
type ModerationRuleSet struct{ ent.Schema }

// Mixin of ModerationRuleSet.
func (ModerationRuleSet) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of ModerationRuleSet.
func (ModerationRuleSet) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.Int64("version").Immutable().
			Comment("Counted from 1 in each application."),
		field.Bytes("rules").MaxLen(32 << 20).Immutable().
			Comment("A palabre.moderation.v1.Rules."),
		field.String("created_by").MaxLen(80).Default("").Immutable(),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes of ModerationRuleSet.
func (ModerationRuleSet) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "version").Unique(),
	}
}
