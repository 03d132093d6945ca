package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Attachment is a file that was uploaded, and the message that it was sent with. Its bytes are elsewhere, and never without
// this row (docs/adr/0021-attachments.md). Owned by the chat service.
type Attachment struct{ ent.Schema }

// Mixin of Attachment.
func (Attachment) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of Attachment.
func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("uploader_subject").MaxLen(80).
			Comment("A user id, anon: and an anonymous user's id, or empty for a back end. A visitor who becomes a user takes their uploads along."),
		field.String("file_name").MaxLen(255).Immutable(),
		field.String("media_type").MaxLen(127).Default(""),
		field.Int64("size").Default(0),
		field.Int32("width").Default(0),
		field.Int32("height").Default(0),
		field.Bytes("sha256").MaxLen(32).Optional(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().
			Comment("The conversation it was sent in, or before that the only one in which it may be."),
		field.UUID("message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().
			Comment("The message it was sent with; absent before."),
		field.Int64("created_at").Immutable(),
		field.Int64("completed_at").Optional().Nillable().
			Comment("When all bytes were there; absent before."),
		field.Int64("remove_after").Optional().Nillable().
			Comment("From when on its bytes are taken away, and then the row; absent while it belongs to a message."),
	}
}

// Indexes of Attachment.
func (Attachment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("remove_after"),
		index.Fields("conversation_id"),
	}
}
