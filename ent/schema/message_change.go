package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// MessageChange is who edited or deleted a message, and when. It holds no text, so none outlives its deletion here. Owned
// by the chat service.
type MessageChange struct{ ent.Schema }

// Mixin of MessageChange.
func (MessageChange) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of MessageChange.
func (MessageChange) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.UUID("message_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("action").MaxLen(16).Immutable().
			Comment("edited or deleted."),
		field.String("subject").MaxLen(80).Default("").Immutable().
			Comment("A user id, anon: and an anonymous user's id, or empty for a back end."),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes of MessageChange: ids are in the order of time.
func (MessageChange) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("message_id", "id"),
	}
}
