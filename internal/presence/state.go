package presence

import (
	"strings"
	"time"
)

// User is someone of an application, by the subject that names them in topics.
type User struct {
	ApplicationID, Subject string
}

// String is the user as one word; an application's id has no colon.
func (u User) String() string { return u.ApplicationID + ":" + u.Subject }

func parseUser(s string) User {
	application, subject, _ := strings.Cut(s, ":")
	return User{application, subject}
}

// Report is what was seen of a session.
type Report struct {
	User User
	// Session tells the user's sessions apart.
	Session string
	// Online says that the session began or goes on, for at least TTL; otherwise it has ended.
	Online bool
	TTL    time.Duration
}

// State is what is known of a user.
type State struct {
	User   User
	Online bool
	// LastSeen is when the last session ended, while there is none. Zero when that is not known.
	LastSeen time.Time
}
