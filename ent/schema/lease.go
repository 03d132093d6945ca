package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Lease says which process does a work that one at a time should do. It spares double work; what the work writes does not
// rely on it. Owned by the chat service.
type Lease struct{ ent.Schema }

// Fields of Lease.
func (Lease) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("name").MaxLen(64).Immutable(),
		field.String("owner").MaxLen(64).Default(""),
		field.Int64("held_until").Default(0),
		// What those who have the lease know, one after the other, and nobody else. Empty until somebody asks for it.
		field.String("secret").MaxLen(32).Default("").Sensitive(),
	}
}
