package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// HeldStore is the part of a Store that is about messages which are not published: they wait for a moderator, or one refused
// them. They have no seq, and are in nobody's history, list or count.
type HeldStore interface {
	// ListPending answers the subject's own messages of a conversation that wait for a moderator, the latest first.
	ListPending(ctx context.Context, applicationID, conversationID, subject string, limit int) ([]*chatv1.Message, error)

	// DecideMessage does what a moderator decided; once more changes nothing. What is approved and not published gets the
	// next seq of its conversation, and counts from then on. What is rejected is kept for its sender, or deleted when it was
	// published. The sender is told. Errors: ErrNotFound when the message, its text or its conversation is gone.
	DecideMessage(ctx context.Context, d Decision) error
}

// Decision is what a moderator decided on a message.
type Decision struct {
	ApplicationID, MessageID string
	// Approved publishes it; otherwise it is rejected.
	Approved bool
	// Reasons are why it was held, for its sender.
	Reasons []*moderationv1.Reason
}
