package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AudienceTarget is part of the audience an announcement was addressed to. Owned by the audience service.
type AudienceTarget struct{ ent.Schema }

// Mixin of AudienceTarget.
func (AudienceTarget) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of AudienceTarget.
func (AudienceTarget) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("target_type").MaxLen(16).Immutable(),
		field.String("target_id").MaxRuneLen(64).Default("").Immutable(),
		field.String("role_filter").MaxRuneLen(64).Default("all").Immutable(),
		field.String("entity_filter").MaxRuneLen(64).Default("all").Immutable(),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes of AudienceTarget.
func (AudienceTarget) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("conversation_id"),
		// Which announcements a user of this entity and role is addressed by, newest first: their ids sort by time.
		index.Fields("application_id", "entity_filter", "role_filter", "conversation_id").StorageKey("audiencetarget_filters"),
	}
}
