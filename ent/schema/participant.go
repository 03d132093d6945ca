package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Participant is someone in a conversation, or who was: rows outlive membership, so that coming back keeps watermarks.
// Owned by the chat service.
type Participant struct{ ent.Schema }

// Mixin of Participant.
func (Participant) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Participant.
func (Participant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("subject").MaxLen(80).NotEmpty().
			Comment("A user id, or anon: and an anonymous user's id: as in topics."),
		field.String("role").MaxLen(16),
		field.Bool("can_reply").Optional().Nillable(),
		field.String("via_target").MaxLen(64).Default(""),
		field.Int64("joined_at"),
		field.Int64("joined_position").Default(0).
			Comment("Position in the change feed at which they joined; sync answers nothing from before it."),
		field.Int64("left_at").Optional().Nillable(),
		field.Int64("delivered_seq").Default(0),
		field.Int64("read_seq").Default(0),
		field.UUID("last_read_message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable(),
		field.Int64("own_unread").Default(0).
			Comment("Their own messages above read_seq, which are not unread to them."),
		field.Bool("has_unread").Default(false).
			Comment("Whether there are messages of others above read_seq. Kept in conversations that are not wide."),
		field.Int64("list_rank").Optional().Nillable().
			Comment("About the conversation's place in their list, to a minute: the greater comes first. Absent when it is in no list, as after they left; 0 in wide conversations, whose place is in the conversation."),
		field.Int64("wide_delivered_seq").Optional().Nillable().
			Comment("delivered_seq in wide conversations, for their index: one of all conversations would be written to by every message."),
		field.Int64("wide_read_seq").Optional().Nillable().
			Comment("read_seq in wide conversations, likewise."),
		field.UUID("anonymous_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().
			Comment("The visitor that this user was before."),
	}
}

// Edges of Participant.
func (Participant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("conversation", Conversation.Type).Ref("participants").
			Field("conversation_id").Unique().Required().Immutable(),
	}
}

// Indexes of Participant.
func (Participant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("conversation_id", "subject").Unique(),
		// Someone's conversations in the order of their list, and those with something unread.
		index.Fields("application_id", "subject", "list_rank"),
		index.Fields("application_id", "subject", "has_unread").Annotations(entsql.IndexWhere("has_unread")),
		// Members in the order they joined; and in wide conversations, whether anyone has still to receive or read a message.
		index.Fields("conversation_id", "left_at", "joined_at"),
		index.Fields("conversation_id", "left_at", "wide_delivered_seq").Annotations(entsql.IndexWhere("list_rank = 0")),
		index.Fields("conversation_id", "left_at", "wide_read_seq").Annotations(entsql.IndexWhere("list_rank = 0")),
	}
}
