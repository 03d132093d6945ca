package entstore

import (
	"github.com/palabre/palabre/ent"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

func userProto(row *ent.User) *audiencev1.User {
	return &audiencev1.User{UserId: row.UserID, Name: row.Name, Role: row.Role, EntityId: row.EntityID}
}
