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
		field.String("name").MaxRuneLen(100).Default(""),
		field.String("email").MaxLen(254).Default(""),
		field.String("converted_to_user_id").MaxLen(64).Default(""),
		field.Bytes("metadata").Optional().MaxLen(64 << 10).
			Comment("A JSON object, kept as the host gave it."),
		field.Int64("created_at").Immutable(),
		field.Int64("erased_at").Optional().Nillable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().
			Comment("The one conversation that their token opens."),
		field.String("address_hash").MaxLen(32).Default("").
			Comment("Of the address they came from, under a secret of the deployment: to count those of one address by."),
	}
}

// Indexes of AnonymousUser.
func (AnonymousUser) Indexes() []ent.Index {
	return []ent.Index{
		// How many began a conversation from one device, or one address, of late.
		index.Fields("application_id", "device_id", "created_at"),
		index.Fields("application_id", "address_hash", "created_at"),
		index.Fields("application_id", "converted_to_user_id"),
	}
}
