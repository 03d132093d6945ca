package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AudienceReceipt says that a user received an announcement, and perhaps read it. Its id is derived from both, so that
// there is one. Owned by the audience service.
type AudienceReceipt struct{ ent.Schema }

// Mixin of AudienceReceipt.
func (AudienceReceipt) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of AudienceReceipt.
func (AudienceReceipt) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("user_id").MaxLen(64).NotEmpty().Immutable(),
		field.Int64("delivered_at").Immutable(),
		field.Int64("read_at").Optional().Nillable(),
	}
}

// Indexes of AudienceReceipt: readers are counted and paged by user id.
func (AudienceReceipt) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("conversation_id", "user_id", "read_at"),
	}
}
