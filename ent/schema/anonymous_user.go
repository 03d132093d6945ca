package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AnonymousUser is a visitor without account. Owned by the chat service.
type AnonymousUser struct{ ent.Schema }

// Mixin of AnonymousUser.
func (AnonymousUser) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of AnonymousUser.
func (AnonymousUser) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("device_id").MaxLen(128),
		field.String("name").MaxLen(100).Default(""),
		field.String("email").MaxLen(254).Default(""),
		field.String("converted_to_user_id").MaxLen(64).Default(""),
		field.Bytes("metadata").Optional().MaxLen(64 << 10).
			Comment("A JSON object, kept as the host gave it."),
		field.Int64("created_at").Immutable(),
		field.Int64("erased_at").Optional().Nillable(),
	}
}

// Indexes of AnonymousUser.
func (AnonymousUser) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "device_id"),
		index.Fields("application_id", "converted_to_user_id"),
	}
}
