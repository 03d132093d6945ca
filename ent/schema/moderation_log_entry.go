package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ModerationLogEntry is something that a moderator, or the sender of a message, did. It holds no text of messages. Owned by the
// moderation service.
type ModerationLogEntry struct{ ent.Schema }

// Mixin of ModerationLogEntry.
func (ModerationLogEntry) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of ModerationLogEntry.
func (ModerationLogEntry) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("action").MaxLen(16).Immutable().
			Comment("rules_updated, approved, rejected or appealed."),
		field.String("subject").MaxLen(80).Default("").Immutable().
			Comment("Who did it: a user id, anon: and an anonymous user's id, or empty for a back end."),
		field.UUID("message_id", uuid.UUID{}).SchemaType(uuidColumn).Optional().Nillable().Immutable(),
		field.Int64("rules_version").Default(0).Immutable(),
		field.String("note").MaxLen(4000).Default("").Immutable(),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes of ModerationLogEntry: ids are in the order of time.
func (ModerationLogEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "id"),
		index.Fields("application_id", "message_id", "id"),
		// What has become old, of all applications.
		index.Fields("created_at"),
	}
}
