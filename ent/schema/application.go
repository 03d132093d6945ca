package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
)

// ApplicationMixin ties a row to its application, for good.
type ApplicationMixin struct{ mixin.Schema }

// Fields of ApplicationMixin.
func (ApplicationMixin) Fields() []ent.Field {
	return []ent.Field{
		field.String("application_id").MaxLen(64).NotEmpty().Immutable(),
	}
}
