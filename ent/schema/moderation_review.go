package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// ModerationReview is a message that a moderator decides on, or has decided on. Owned by the moderation service.
type ModerationReview struct{ ent.Schema }

// Mixin of ModerationReview.
func (ModerationReview) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of ModerationReview.
func (ModerationReview) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).StorageKey("message_id").SchemaType(uuidColumn).Immutable(),
		field.UUID("conversation_id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("sender_subject").MaxLen(80).Immutable(),
		field.Text("content").MaxLen(64 << 10).SchemaType(map[string]string{dialect.MySQL: "mediumtext"}).
			Comment("Empty once the message is deleted."),
		field.Bytes("reasons").Optional().MaxLen(64 << 10).
			Comment("Reasons of palabre.moderation.v1, as a Verdict."),
		field.String("rule").MaxLen(64).Default("").
			Comment("The rule that put it there: the first of the reasons."),
		field.Int64("rules_version").Default(0),
		field.Bool("is_published").Default(false).
			Comment("Whether the others saw it before a decision."),
		field.String("status").MaxLen(16),
		field.Int64("created_at").Immutable(),
		field.Int64("held_at").Default(0).
			Comment("When it was last put into the queue; 0 of those that were before this was noted."),
		field.Int64("decided_at").Optional().Nillable(),
		field.String("decided_by").MaxLen(80).Default(""),
		field.String("note").MaxLen(4000).Default(""),
		field.String("appeal").MaxLen(4000).Default(""),
		field.Int64("appealed_at").Optional().Nillable(),
		field.Bool("is_unsettled").Default(false).
			Comment("Whether the decision has still to be carried out."),
	}
}

// Indexes of ModerationReview.
func (ModerationReview) Indexes() []ent.Index {
	return []ent.Index{
		// The queue, oldest first.
		index.Fields("application_id", "status", "created_at", "id"),
		// Decisions to be carried out, oldest first.
		index.Fields("is_unsettled", "decided_at").Annotations(entsql.IndexWhere("is_unsettled")),
		// What has become old, of all applications.
		index.Fields("status", "decided_at"),
	}
}
