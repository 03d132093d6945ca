package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
)

// EventHead is the one row that hands out positions of the change feed. A transaction that writes events takes them
// from it last, and holds the row until it commits: so positions become visible in their own order, without gaps, and a
// reader that goes forward skips nothing. Owned by the chat service.
type EventHead struct{ ent.Schema }

// Fields of EventHead.
func (EventHead) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable().Annotations(entsql.Annotation{Incremental: new(bool)}),
		field.Int64("position").Default(0).
			Comment("The last position given."),
		field.Int64("pruned_position").Default(0).
			Comment("Events up to here are gone; a cursor before it is too old."),
	}
}
