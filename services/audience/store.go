package audience

import (
	"context"
	"errors"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// What a Store answers when it cannot do what it was asked. They come wrapped.
var (
	// ErrUnavailable says that the database cannot be reached or is too busy for now. Repeating the call is safe.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrNotFound says that the application has no announcement of this id.
	ErrNotFound = errors.New("not found")
)

// Store keeps the directories and audiences of all applications. Every call takes the application it is about, and sees
// nothing of another. All methods may be called at once, by several processes on one database. Any may answer
// ErrUnavailable.
type Store interface {
	Directory
	Audiences
}

// Directory is what a Store knows of users.
type Directory interface {
	// UpsertUsers creates users, or replaces what is kept of them, and answers how many were created or came out
	// different. Their ids differ from one another. An entity's name that is empty leaves the one that is there, as long as
	// the entity is the same. What comes from tokens leaves users alone whom another source told of. They are written in
	// portions, so that the writers of messages never wait for long: a call that fails may have written some, and the same
	// again writes the others.
	UpsertUsers(ctx context.Context, applicationID string, from Origin, users []*audiencev1.User) (changed int, err error)

	// DeleteUsers forgets users, those that are of an origin only unless that is AnyOrigin, and answers how many there were.
	// As with UpsertUsers, a call that fails may have forgotten some.
	DeleteUsers(ctx context.Context, applicationID string, from Origin, userIDs []string) (deleted int, err error)

	// ListUsers answers the users that pass, each once, in ascending order of their ids.
	ListUsers(ctx context.Context, q UsersQuery) ([]*audiencev1.User, error)

	// CountUsers answers how many users of each role each entity has, in no order: all entities, or the one that is given.
	CountUsers(ctx context.Context, applicationID, entityID string) (Headcounts, error)
}

// Audiences is what a Store knows of announcements.
type Audiences interface {
	// CreateAudience keeps whom an announcement is addressed to, or answers what is kept of it already. Every target has both
	// filters, an id or Everyone, and no two have the same.
	// Errors: ErrNotFound when another application has an announcement of this id.
	CreateAudience(ctx context.Context, applicationID string, a *audiencev1.Audience) (*audiencev1.Audience, error)

	// GetAudience answers whom an announcement is addressed to, its targets in the order they were given.
	// Errors: ErrNotFound.
	GetAudience(ctx context.Context, applicationID, conversationID string) (*audiencev1.Audience, error)

	// DeleteAudience forgets an announcement with its receipts. Of none, or once more, it does nothing. It works in portions:
	// a call that fails may have forgotten some, the targets first.
	DeleteAudience(ctx context.Context, applicationID, conversationID string) error

	// ListUserAudiences answers the announcements that address a user, each once, newest first.
	ListUserAudiences(ctx context.Context, q UserAudiencesQuery) ([]*audiencev1.UserAudience, error)

	// RecordReceipt notes that a user received an announcement, and has read it when read says so. The first time of each
	// stays.
	RecordReceipt(ctx context.Context, applicationID, conversationID, userID string, read bool) error

	// Survey answers how far an announcement has come among the users it chooses now.
	Survey(ctx context.Context, q SurveyQuery) (Survey, error)
}

// Origin is who told of a user.
type Origin string

// The origins of users.
const (
	// AnyOrigin leaves it open.
	AnyOrigin Origin = ""
	// OriginHost is a back end of the host product.
	OriginHost Origin = "host"
	// OriginQuery is the Source of the application.
	OriginQuery Origin = "query"
	// OriginToken is the token of a user who was not known otherwise.
	OriginToken Origin = "token"
)

// UsersQuery asks for a page of an application's directory. Users pass when all its parts let them.
type UsersQuery struct {
	ApplicationID string
	// AnyOf lets users pass whom one of the selections chooses; empty, all users.
	AnyOf []Selection
	// UserIDs lets these users pass; empty, all users.
	UserIDs []string
	// From lets users of this origin pass; AnyOrigin, all users.
	From Origin
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

// Headcounts is how many users there are of each role in each entity.
type Headcounts struct {
	// Users counts those who have exactly this role and entity: here, empty means none.
	Users map[Selection]int64
	// EntityNames are the names of the entities, by id; empty where nobody knows one.
	EntityNames map[string]string
}

// UserAudiencesQuery asks for a stretch of the announcements that address a user.
type UserAudiencesQuery struct {
	ApplicationID string
	// Role and EntityID are the user's; where one is empty, only what addresses any is answered.
	Role, EntityID string
	// Before lets announcements pass that are older than this one; empty, all.
	Before string
	Limit  int
}

// SurveyQuery asks how far an announcement has come.
type SurveyQuery struct {
	ApplicationID, ConversationID string
	// AnyOf are the selections of its audience; not empty.
	AnyOf []Selection
	// Readers and NonReaders say where the lists begin.
	Readers, NonReaders Place
	// Limit is how many each list has at most.
	Limit int
}

// Place is where a page of a list begins; zero is at its beginning.
type Place struct {
	// After is the user before the page.
	After string
	// Ended says that there is no further page.
	Ended bool
}

// Survey is how far an announcement has come.
type Survey struct {
	// Audience counts whom it chooses; Delivered and Read those of them who received and read it.
	Audience, Delivered, Read int64
	// Readers and NonReaders are in ascending order of user ids.
	Readers, NonReaders []*audiencev1.Reader
}
