package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// EventConsumer keeps how far a component of Palabre has handled the change feed. Owned by the chat service.
type EventConsumer struct{ ent.Schema }

// Fields of EventConsumer.
func (EventConsumer) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("name").MaxLen(64).Immutable(),
		field.Int64("position"),
		field.Int64("updated_at"),
	}
}
