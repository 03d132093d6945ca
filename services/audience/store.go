package audience

import (
	"context"
	"errors"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// ErrUnavailable is answered by a Store, wrapped, when the database cannot be reached or is too busy for now. Repeating
// the call is safe.
var ErrUnavailable = errors.New("the database is unavailable")

// Store keeps the directories of all applications. Every call takes the application it is about, and sees nothing of
// another. All methods may be called at once, by several processes on one database. Any may answer ErrUnavailable.
type Store interface {
	// UpsertUsers creates users, or replaces what is kept of them, and answers how many were created or came out
	// different. Their ids differ from one another. They are written in portions, so that the writers of messages never
	// wait for long: a call that fails may have written some, and the same again writes the others.
	UpsertUsers(ctx context.Context, applicationID string, users []*audiencev1.User) (changed int, err error)

	// DeleteUsers forgets users, and answers how many there were. As with UpsertUsers, a call that fails may have
	// forgotten some.
	DeleteUsers(ctx context.Context, applicationID string, userIDs []string) (deleted int, err error)

	// ListUsers answers the users that pass, each once, in ascending order of their ids.
	ListUsers(ctx context.Context, q UsersQuery) ([]*audiencev1.User, error)
}

// UsersQuery asks for a page of an application's directory. Users pass when all its parts let them.
type UsersQuery struct {
	ApplicationID string
	// AnyOf lets users pass whom one of the selections chooses; empty, all users.
	AnyOf []Selection
	// UserIDs lets these users pass; empty, all users.
	UserIDs []string
	// After lets users pass whose id comes after it; empty, all users.
	After string
	// Limit is how many users are answered at most.
	Limit int
}

// Selection chooses users by what they are and where they belong. The zero value chooses all.
type Selection struct {
	// Role is the host's role id; empty for any.
	Role string
	// EntityID is the entity; empty for any.
	EntityID string
}
