package bench

import (
	"context"
	"time"
)

// step makes one call of a caller: a message to a conversation, or a page of it.
type step func(ctx context.Context, to *conversation, clientMessageID string) (answer, error)

// answer is what a send is acknowledged with; zero for a page.
type answer struct {
	seq     int64
	message string
}

// heard is a message as a receiver hears it.
type heard struct {
	arrival
	conversationID  string
	clientMessageID string
}

// refusal is why a call failed, in the words that errors are counted by.
type refusal struct {
	reason string
	// after is when it may be tried again, 0 when that was not said.
	after time.Duration
}

// Error answers the reason.
func (r refusal) Error() string { return r.reason }

// driver is a way to reach the server.
type driver interface {
	// caller connects a user who calls.
	caller(ctx context.Context, who user, content string) (step, error)
	// receiver connects a user who listens to a conversation, and returns when nothing more is missed.
	receiver(ctx context.Context, who user, of *conversation, hear func(heard)) error
	// close ends all connections. Nothing is heard after it.
	close()
}
