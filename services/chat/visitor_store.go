package chat

import (
	"context"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// VisitorStore is the part of a Store that is about visitors.
type VisitorStore interface {
	// StartVisit stores a visitor together with the conversation they begin and its participants.
	StartVisit(ctx context.Context, v Visitor, c *chatv1.Conversation) error

	// FindVisitor answers a visitor, whatever has become of them. Errors: ErrNotFound.
	FindVisitor(ctx context.Context, applicationID, id string) (Visitor, error)

	// VisitorNames answers the names of those visitors who gave one.
	VisitorNames(ctx context.Context, applicationID string, ids []string) (map[string]string, error)

	// NthLatestVisit answers when the n-th latest came of those whom the query is about, and the zero time when there are
	// fewer.
	NthLatestVisit(ctx context.Context, q VisitsQuery, n int) (time.Time, error)

	// HasTakenPart says whether a subject is or was in a conversation.
	HasTakenPart(ctx context.Context, applicationID, conversationID, subject string) (bool, error)

	// ListMessagesOf answers what a subject wrote in a conversation, oldest first, also once that was deleted.
	ListMessagesOf(ctx context.Context, applicationID, conversationID, subject string) ([]*chatv1.Message, error)

	// EraseVisitor takes away what says who a visitor is, and their place in the conversation; once more changes nothing.
	// What a user has become of keeps their place. Errors: ErrNotFound.
	EraseVisitor(ctx context.Context, e Erasure) error

	// ConvertVisitor puts a user into a visitor's place, with their messages and watermarks, and leaves a notification to
	// the others in the conversation. The same user again changes nothing. Errors: ErrNotFound, ErrAlreadyConverted for
	// another user and for a visitor who was erased, ErrAlreadyMember.
	ConvertVisitor(ctx context.Context, applicationID, id, userID string) (Visitor, error)

	// TransferConversation takes one user out of a conversation, brings another in, and appends the notice of it. Errors:
	// ErrNotFound for the conversation and for who hands over, ErrAlreadyMember.
	TransferConversation(ctx context.Context, t Transfer) (*chatv1.Conversation, error)
}

// Visitor is an anonymous user and what only the chat service knows of them.
type Visitor struct {
	ApplicationID string
	// ConversationID is the one conversation that their token opens.
	ConversationID string
	// AddressHash stands for the address they came from; empty when there was none.
	AddressHash string
	// Erased says that what told who they are was taken away.
	Erased bool
	// AnonymousUser is what callers see of them.
	AnonymousUser *chatv1.AnonymousUser
}

// Gone says that there is no such visitor any more: they became a user, or were erased.
func (v Visitor) Gone() bool { return v.Erased || v.AnonymousUser.GetConvertedToUserId() != "" }

// Subject is how the person is named in the conversation: as a visitor, or as the user they became.
func (v Visitor) Subject() string {
	return Subject(&chatv1.Participant{UserId: v.AnonymousUser.GetConvertedToUserId(), AnonymousId: v.AnonymousUser.GetId()})
}

// VisitsQuery is about the visitors of one device or of one address, of late.
type VisitsQuery struct {
	ApplicationID string
	// One of the two is given.
	DeviceID, AddressHash string
	// Since is exclusive.
	Since time.Time
}

// Erasure asks for a visitor to be forgotten.
type Erasure struct {
	ApplicationID, ID string
	// Messages says that the texts and files of their messages are taken away too.
	Messages bool
	// CountedSince is from when on visits still count. The address's hash of a later one stays, which names nobody: or who
	// erases themself could begin again as often as they like.
	CountedSince time.Time
}

// Transfer hands a conversation over from one user to another.
type Transfer struct {
	ApplicationID, ConversationID string
	// From is the subject of who hands it over.
	From string
	// To is who gets it.
	To *chatv1.Participant
	// Notice is the system's message that says so.
	Notice Draft
}
