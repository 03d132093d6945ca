package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Event is one row of the change feed, written in the transaction that makes the change. It is the outbox too.
// Owned by the chat service.
type Event struct{ ent.Schema }

// Mixin of Event.
func (Event) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Event.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").StorageKey("position").Immutable().
			Annotations(entsql.Annotation{Incremental: new(bool)}).
			Comment("1, 2, 3 … in commit order, over all applications (docs/adr/0001-ids-and-order.md)."),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("kind").MaxLen(32).Immutable().
			Comment("Such as message.created."),
		field.String("recipient").MaxLen(80).Optional().Nillable().Immutable().
			Comment("A subject it is for besides the conversation's members, such as one who was removed."),
		field.Bool("recipient_only").Default(false).Immutable().
			Comment("Whether it is for the recipient alone, and not for the members."),
		field.Int64("origin").Optional().Nillable().Immutable().
			Comment("The position of the event of an announcement that this row hands on to addressees. Such rows are for the gateways: users find the event itself."),
		field.Bytes("addressees").Optional().MaxLen(1 << 20).Immutable().
			Comment("A JSON array of user ids."),
		field.UUID("message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().Immutable().
			Comment("The message it is about. It is read when the event is, so that no text outlives its deletion here."),
		field.Bytes("payload").Optional().MaxLen(64 << 10).Immutable().
			Comment("The receipt, participant or conversation of a palabre.chat.v1.Event."),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes of Event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("conversation_id", "id"),
		index.Fields("application_id", "recipient", "id").Annotations(entsql.IndexWhere("recipient IS NOT NULL")),
	}
}
