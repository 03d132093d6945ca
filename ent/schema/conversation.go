package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Conversation is a place where participants exchange messages in one order. Owned by the chat service.
type Conversation struct{ ent.Schema }

// Mixin of Conversation.
func (Conversation) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Conversation.
func (Conversation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("type").MaxLen(16).Immutable(),
		field.String("title").MaxRuneLen(200).Default(""),
		field.String("reply_permission").MaxLen(16),
		field.String("created_by").MaxLen(80).Default("").Immutable().
			Comment("Subject of the creator: a user id, or anon: and a visitor's id."),
		field.String("pair_key").MaxLen(160).Optional().Nillable().
			Comment("What it is unique by, where it is: both user ids of a one_to_one, sorted, or an announcement's author and client message id. Cleared by its deletion."),
		field.Int64("created_at").Immutable(),
		field.Int64("updated_at"),
		field.Int64("last_activity_at").
			Comment("When it was created or got its latest message: what lists are sorted by."),
		field.Bool("is_pinned").Default(false),
		field.Int64("expires_at").Optional().Nillable(),
		field.Int64("deleted_at").Optional().Nillable(),
		field.Int64("last_seq").Default(0).
			Comment("The seq of the latest message; locked by the transaction that allocates the next."),
		field.UUID("last_message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable(),
		field.Int32("participant_count").Default(0),
		field.Bool("is_wide").Default(false).
			Comment("Whether it has so many participants that a message does not touch the row of each (see Participant.list_rank)."),
		field.Bool("for_everyone").Default(false).Immutable().
			Comment("Whether it is an announcement to every user of the application."),
	}
}

// Edges of Conversation.
func (Conversation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("participants", Participant.Type),
	}
}

// Indexes of Conversation.
func (Conversation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "pair_key").Unique(),
		// Announcements, newest first.
		index.Fields("application_id", "type", "id"),
	}
}
