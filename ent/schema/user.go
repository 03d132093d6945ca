package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// User is a person of the directory, as the host product told of them. Owned by the audience service.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{ApplicationMixin{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).SchemaType(uuidColumn).Immutable(),
		field.String("user_id").MaxLen(64).NotEmpty().Immutable().
			Comment("The host's own id."),
		field.String("name").MaxRuneLen(200).Default(""),
		field.String("role").MaxRuneLen(64).Default(""),
		field.String("entity_id").MaxRuneLen(64).Default(""),
		field.String("entity_name").MaxRuneLen(200).Default(""),
		field.String("source").MaxLen(8).Default("host").
			Comment("Who told of them: host, query (the directory's source) or token. What a token says gives way to the others."),
		field.Int64("created_at").Immutable(),
		field.Int64("updated_at"),
	}
}

// Indexes of User: the directory is paged by user id, whole or by entity or role.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("application_id", "user_id").Unique(),
		index.Fields("application_id", "entity_id", "role", "user_id"),
		index.Fields("application_id", "role", "user_id"),
	}
}
