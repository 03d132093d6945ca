package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ChatNotification tells a user who was away of something to look at. Owned by the chat service.
type ChatNotification struct{ ent.Schema }

// Mixin of ChatNotification.
func (ChatNotification) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of ChatNotification.
func (ChatNotification) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("user_id").MaxLen(64).Immutable(),
		field.UUID("message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("type").MaxLen(32).Immutable(),
		field.String("status").MaxLen(16),
		field.Int64("sent_at").Immutable(),
		field.Int64("read_at").Optional().Nillable(),
	}
}

// Indexes of ChatNotification: ids are in the order of time, so they page newest first.
func (ChatNotification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "user_id", "id"),
		index.Fields("application_id", "user_id", "status", "id"),
	}
}
