package moderation

import "errors"

// What a Store answers when it cannot do what it was asked. They come wrapped.
var (
	// ErrUnavailable says that the database cannot be reached or is too busy for now. Repeating the call is safe.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrNotFound says that the application has no such thing.
	ErrNotFound = errors.New("not found")
)

// Store keeps the moderation of all applications. Every call takes the application it is about, and sees nothing of another.
// All methods may be called at once, by several processes on one database. Any may answer ErrUnavailable.
type Store interface {
	RuleSets
	Counts
	Reviews
	Decisions
	Log
	Kept
}
