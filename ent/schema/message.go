package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Message is one entry of a conversation. Its id is derived from application, conversation, sender and client message
// id: the primary key is the idempotency key (docs/adr/0001-ids-and-order.md). Owned by the chat service.
type Message struct{ ent.Schema }

// Mixin of Message.
func (Message) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Message.
func (Message) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable().
			Comment("No foreign key: whoever inserts has the conversation locked, and looking it up once more for each message is what takes PostgreSQL longest."),
		field.Int64("seq").Optional().Nillable().
			Comment("1, 2, 3 … in the conversation; absent while a moderator has to look at it."),
		field.String("client_message_id").MaxLen(128).Immutable(),
		field.String("sender_subject").MaxLen(80).Default("").
			Comment("A user id, anon: and an anonymous user's id, or empty for the system. A visitor who becomes a user takes their messages along."),
		field.String("sender_name").MaxRuneLen(200).Default(""),
		field.Text("content").MaxLen(64 << 10).SchemaType(map[string]string{dialect.MySQL: "mediumtext"}),
		field.String("content_type").MaxLen(8),
		field.Bytes("fingerprint").MaxLen(16).Immutable().
			Comment("Of what was first sent, so that a repeat is told from another content after an edit too."),
		field.UUID("reply_to_message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().Immutable(),
		field.Bytes("attachments").Optional().MaxLen(64 << 10).
			Comment("The attachments of a palabre.chat.v1.Message, as the message is shown with them; absent when it has none."),
		field.Bool("is_announcement").Default(false).Immutable(),
		field.Bool("is_moderated").Default(false),
		field.String("moderation_status").MaxLen(8),
		field.Int64("created_at").Immutable(),
		field.Int64("delivered_at").Optional().Nillable(),
		field.Int64("read_at").Optional().Nillable(),
		field.Int64("edited_at").Optional().Nillable(),
		field.Int64("deleted_at").Optional().Nillable(),
	}
}

// Indexes of Message.
func (Message) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("conversation_id", "seq").Unique(),
	}
}
