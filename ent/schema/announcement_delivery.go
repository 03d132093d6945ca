package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AnnouncementDelivery is an event of an announcement that is to be handed on to its audience, some users at a time, in
// the background: the id is the event's position in the change feed. Owned by the chat service.
type AnnouncementDelivery struct{ ent.Schema }

// Mixin of AnnouncementDelivery.
func (AnnouncementDelivery) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of AnnouncementDelivery.
func (AnnouncementDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").StorageKey("position").Immutable().
			Annotations(entsql.Annotation{Incremental: new(bool)}),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("after_user_id").MaxLen(64).Default("").
			Comment("It is done for users up to here, in the order of their ids."),
		field.Int64("published_count").Default(0).
			Comment("For how many users it is done."),
		field.Int64("started_at").Optional().Nillable(),
		field.Int64("finished_at").Optional().Nillable(),
	}
}

// Indexes of AnnouncementDelivery.
func (AnnouncementDelivery) Indexes() []ent.Index {
	return []ent.Index{
		// What is still to be done, oldest first.
		index.Fields("finished_at", "id"),
		index.Fields("conversation_id", "id"),
	}
}
