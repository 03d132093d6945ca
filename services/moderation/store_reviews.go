package moderation

import (
	"context"
	"errors"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ErrReviewChanged says that a review is no longer what a decision or an appeal was made on. Look at it again.
var ErrReviewChanged = errors.New("the review was changed")

// Reviews is what a Store knows of messages that moderators decide on.
type Reviews interface {
	// HoldMessage keeps a message that waits for a decision, or leaves the one of this id as it is, whatever became of it. An
	// edit is of a published message: it takes the place of one that waits or was approved, and waits.
	// Errors: ErrNotFound when another application has a message of this id.
	HoldMessage(ctx context.Context, applicationID string, review *moderationv1.Review, isEdit bool) error

	// GetReview answers a message that was not withdrawn.
	// Errors: ErrNotFound.
	GetReview(ctx context.Context, applicationID, messageID string) (*moderationv1.Review, error)

	// ListReviews answers the messages that pass, oldest first.
	ListReviews(ctx context.Context, q ReviewsQuery) ([]*moderationv1.Review, error)

	// DecideReview keeps a decision that is to be carried out, writes to the log who made it, and counts an approval as a hit
	// of its rule that was overturned, or takes that back. The time of a decision is later than that of the one before.
	// Errors: ErrReviewChanged.
	DecideReview(ctx context.Context, d ReviewDecision) (*moderationv1.Review, error)

	// AppealReview keeps what the sender says, has the message wait, and writes to the log that they said something: not
	// what, which has to be forgotten with the message.
	// Errors: ErrReviewChanged.
	AppealReview(ctx context.Context, a ReviewAppeal) (*moderationv1.Review, error)

	// ForgetReviews takes away what messages and appeals say. Those that wait are withdrawn: from then on they are not found.
	// Messages that are not there are passed over.
	ForgetReviews(ctx context.Context, applicationID string, messageIDs []string) error
}

// Decisions is what a Store knows of decisions that are to be carried out. They are of all applications.
type Decisions interface {
	// ListDecisions answers the decisions that were not settled, oldest first.
	ListDecisions(ctx context.Context, limit int) ([]*moderationv1.Review, error)

	// SettleDecisions notes that decisions were carried out. One that was followed by another of the same message is not there
	// any more, and is passed over. An approved message is published from then on.
	SettleDecisions(ctx context.Context, decisions []*moderationv1.Decision) error
}

// Log is what a Store knows of what moderators and senders did.
type Log interface {
	// ListLog answers what was done, latest first.
	ListLog(ctx context.Context, q LogQuery) ([]*moderationv1.LogEntry, error)
}

// ReviewsQuery asks for a page of an application's reviews. They pass when all its parts let them; an empty part lets all.
type ReviewsQuery struct {
	ApplicationID            string
	Status                   moderationv1.Verdict_Status
	Rule                     string
	SenderID, ConversationID string
	// AppealedOnly lets those pass that their senders said something to.
	AppealedOnly bool
	// After lets those pass that come after it; nil, all.
	After *ReviewKey
	Limit int
}

// ReviewKey is a review's place in the queue.
type ReviewKey struct {
	// At is when the message was written, in microseconds since 1970.
	At int64  `json:"t"`
	ID string `json:"i"`
}

// ReviewDecision is a decision on a message.
type ReviewDecision struct {
	ApplicationID string
	// Was is the review that it was made on.
	Was    *moderationv1.Review
	Status moderationv1.Verdict_Status
	// By is the subject who decided; empty for a back end.
	By, Note string
}

// ReviewAppeal is what the sender of a message says to a decision, or to there being none.
type ReviewAppeal struct {
	ApplicationID string
	// Was is the review that it was made on.
	Was      *moderationv1.Review
	By, Note string
}

// LogQuery asks for a page of an application's log.
type LogQuery struct {
	ApplicationID string
	// MessageID lets pass what was done with this message; empty, all.
	MessageID string
	// Before lets entries pass that are older than this one; empty, all.
	Before string
	Limit  int
}

// reviewKey is a review's place in the queue.
func reviewKey(r *moderationv1.Review) ReviewKey {
	return ReviewKey{At: r.GetCreatedAt().AsTime().UnixMicro(), ID: r.GetMessageId()}
}
