package chat

import (
	"context"
	"errors"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// What a Store answers when it cannot do what it was asked. They come wrapped.
var (
	// ErrNotFound says that the application has no such conversation, participant or message, or that it was deleted.
	ErrNotFound = errors.New("not found")
	// ErrIdempotencyConflict says that a message of this id is stored with another content.
	ErrIdempotencyConflict = errors.New("the client message id was used for another content")
	// ErrLastAdmin says that a group would be left without an admin.
	ErrLastAdmin = errors.New("the last admin of a group cannot leave it")
	// ErrUnavailable says that the database cannot be reached or is too busy for now. Nothing was changed, or all of it
	// was: repeating the call is safe.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrOverloaded says that more messages wait to be stored than can be taken. This one was not; it may be sent again in a
	// moment.
	ErrOverloaded = errors.New("too many messages wait to be stored")
	// ErrAlreadyConverted says that a visitor became another user, or was erased.
	ErrAlreadyConverted = errors.New("the visitor became another user, or was erased")
	// ErrAlreadyMember says that a user is in the conversation already, or was.
	ErrAlreadyMember = errors.New("the user takes part in the conversation already")
	// ErrEventsGone says that events after a position were pruned, so that nobody can go on from there.
	ErrEventsGone = errors.New("the events after this position are gone")
	// ErrMessageDeleted says that the message has no text any more that could be changed.
	ErrMessageDeleted = errors.New("the message was deleted")
	// ErrNoAttachment says that a message names a file that its sender has not uploaded, or sent before, or too long ago.
	ErrNoAttachment = errors.New("there is no such file to send")
	// ErrMessageHeld says that the message is not published, and cannot be changed before it is.
	ErrMessageHeld = errors.New("the message is not published")
)

// Store keeps the chat service's data. Every call is one transaction, takes the application it is about, and sees
// nothing of another. Any may answer ErrUnavailable. What changes something a user may see writes the events of it in the same transaction.
//
// Conversations, participants and messages come as they go out to callers, but for the names of participants, which the
// handlers add. All methods may be called at once, by several processes on one database.
type Store interface {
	// CreateConversation stores a conversation with its participants. Where it has a pair key that is taken, it stores
	// nothing and answers the conversation that has it, and created is false.
	CreateConversation(ctx context.Context, c *chatv1.Conversation, pairKey string) (stored *chatv1.Conversation, created bool, err error)

	// GetMembership answers a conversation without its participants, with the subject's unread count, and the subject's
	// place in it: nil when they have none. Errors: ErrNotFound.
	GetMembership(ctx context.Context, applicationID, id, subject string) (*chatv1.Conversation, *chatv1.Participant, error)

	// ListConversations answers the subject's conversations after a key, pinned first, then by latest activity, each
	// with when that was, its last message, the subject's unread count, and the participants of those that two take part in. An expired
	// one is its creator's only.
	ListConversations(ctx context.Context, q ConversationsQuery) ([]*chatv1.Conversation, error)

	// CountUnread adds up the unread counts of all that ListConversations answers page by page, whatever its Limit.
	CountUnread(ctx context.Context, q ConversationsQuery) (int64, error)

	// UpdateConversation changes title, reply permission, pin or expiry, which may be taken away, as change says, and
	// answers the result.
	// Errors: ErrNotFound, and what change answers.
	UpdateConversation(ctx context.Context, applicationID, id string, change func(*chatv1.Conversation) error) (*chatv1.Conversation, error)

	// DeleteConversation ends a conversation for everyone, and has its files removed. Errors: ErrNotFound.
	DeleteConversation(ctx context.Context, applicationID, id string) error

	// AddParticipant brings someone in, with nothing unread. One who is in already is answered as they are, and added is
	// false; one who was in before comes back as a newcomer. Errors: ErrNotFound for the conversation.
	AddParticipant(ctx context.Context, applicationID string, p *chatv1.Participant) (stored *chatv1.Participant, added bool, err error)

	// UpdateParticipant changes role or canReply as change says. Errors: ErrNotFound, ErrLastAdmin.
	UpdateParticipant(ctx context.Context, applicationID, conversationID, id string, change func(*chatv1.Participant)) (*chatv1.Participant, error)

	// RemoveParticipant ends a membership. What only they had still to receive or read, everyone has from then on. The
	// last admin cannot go while others stay; the last of all can, and leaves a group that back ends alone see. Errors:
	// ErrNotFound, ErrLastAdmin.
	RemoveParticipant(ctx context.Context, applicationID, conversationID, id string) error

	// ListParticipants answers present members after a key, in the order they joined.
	ListParticipants(ctx context.Context, applicationID, conversationID string, after ParticipantKey, limit int) ([]*chatv1.Participant, error)

	// ListSubjects answers the subjects of all present members, in no order. Errors: none of its own; a conversation
	// that was deleted still has the members it ended with.
	ListSubjects(ctx context.Context, applicationID, conversationID string) (Members, error)

	// AppendMessage gives a message the next seq of its conversation and stores it, or answers the message that is
	// stored with its id already, and duplicate is true. One that is pending gets no seq and counts nowhere; DecideMessage
	// says what becomes of it. permit decides in the transaction, on what it finds there;
	// participant is nil when the sender has no place in the conversation. Errors: ErrNotFound for the conversation,
	// ErrNoAttachment, ErrIdempotencyConflict, ErrOverloaded, and what permit answers. A caller whose context ends is told that, and then the
	// message is not stored.
	AppendMessage(ctx context.Context, d Draft, permit Permit) (stored *chatv1.Message, duplicate bool, err error)

	// SubmitMessage is AppendMessage up to where the message waits for its turn, behind those submitted before it. What it
	// answers waits for the rest, and has to be called.
	SubmitMessage(ctx context.Context, d Draft, permit Permit) func() (stored *chatv1.Message, duplicate bool, err error)

	// FindMessage answers a message by id together with the fingerprint of its first content. Errors: ErrNotFound.
	FindMessage(ctx context.Context, applicationID, id string) (*chatv1.Message, []byte, error)

	// ListMessages answers a stretch of a conversation's history. Deleted messages keep their place, without text; those
	// that are not published have none.
	ListMessages(ctx context.Context, q MessagesQuery) ([]*chatv1.Message, error)

	// EditMessage replaces a message's text, and keeps by whom. Nothing is left of the text before. Errors: ErrNotFound,
	// ErrMessageDeleted, ErrMessageHeld.
	EditMessage(ctx context.Context, e Edit) (*chatv1.Message, error)

	HeldStore
	AttachmentStore

	// DeleteMessage takes a message's text and files away, and keeps by whom; once more changes nothing. The message keeps its
	// place, and is still unread to whom it was. Of one that is not published only its sender is told. Errors: ErrNotFound.
	DeleteMessage(ctx context.Context, applicationID, id, by string) error

	// ListMessageChanges answers who edited or deleted a message, newest first. Errors: none of its own; a message that
	// is not there has no changes.
	ListMessageChanges(ctx context.Context, applicationID, messageID string, limit int) ([]*chatv1.MessageChange, error)

	// AdvanceReceipt moves a member's watermark forward to seq, or to the last seq if that is less; never back. Read
	// moves delivered too. Errors: ErrNotFound when the subject has no place in the conversation.
	AdvanceReceipt(ctx context.Context, applicationID, conversationID, subject string, kind ReceiptKind, seq int64) (*chatv1.Participant, error)

	// AdvanceAddressee is AdvanceReceipt for one of an announcement's audience, who has a place by JoinAudience.
	AdvanceAddressee(ctx context.Context, applicationID, conversationID, userID string, kind ReceiptKind, seq int64) (*chatv1.Participant, error)

	// CreateAnnouncement stores an announcement with its message, the first of its conversation, and its author's place in
	// it; delivery to its audience is still to be done. Where its unique key is taken, it stores nothing and answers the
	// conversation that has it, and created is false. Errors: ErrNoAttachment.
	CreateAnnouncement(ctx context.Context, a Announcement) (stored *chatv1.Conversation, created bool, err error)

	// FindByKey answers the conversation that has a unique key: a pair's, or an announcement's. Errors: ErrNotFound.
	FindByKey(ctx context.Context, applicationID, key string) (*chatv1.Conversation, error)

	// ListAnnouncements answers announcements and their messages, newest first, with the subject's unread count.
	ListAnnouncements(ctx context.Context, q AnnouncementsQuery) ([]*chatv1.Announcement, error)

	// JoinAudience gives a user of an announcement's audience a place in it, who then has watermarks and may be permitted
	// to write. Once more changes nothing. It tells nobody. Errors: ErrNotFound for the conversation.
	JoinAudience(ctx context.Context, applicationID string, p *chatv1.Participant) error

	// FindDelivery answers how far the delivery of an announcement has come, of its first event. Errors: ErrNotFound.
	FindDelivery(ctx context.Context, applicationID, conversationID string) (Delivery, error)

	// ListDeliveries answers deliveries that are not finished, oldest first.
	ListDeliveries(ctx context.Context, limit int) ([]Delivery, error)

	// HandOn writes the event that hands an announcement's event on to these users, who come after those it was handed on
	// to before, and keeps that it did. A delivery that is not as it was given, because another process went on with it,
	// is left alone, and handed is false.
	HandOn(ctx context.Context, d Delivery, users []string) (after Delivery, handed bool, err error)

	// FinishDelivery keeps that a delivery is done, to so many users.
	FinishDelivery(ctx context.Context, position, publishedCount int64) error

	// EventBounds answers the position of the latest event, and the position up to which events are gone.
	EventBounds(ctx context.Context) (head, pruned int64, err error)

	// ListEvents answers events after a position in the order of positions, at most q.Limit. Fewer are all there are, up to
	// q.UpTo or the present. Errors: ErrEventsGone.
	ListEvents(ctx context.Context, q EventsQuery) ([]StoredEvent, error)

	// PruneEvents takes away the oldest events, at most p.Limit, that are old enough and that no consumer or delivery needs
	// any more, with the deliveries of those; and answers how many. A position before them cannot be gone on from after that.
	PruneEvents(ctx context.Context, p Pruning) (int, error)

	// ConsumerPosition answers what a consumer acknowledged last, and false when it never did.
	ConsumerPosition(ctx context.Context, consumer string) (int64, bool, error)

	// AcknowledgeEvents keeps a consumer's position.
	AcknowledgeEvents(ctx context.Context, consumer string, position int64) error

	// ListBehind answers the users among the present members of conversations who have not received the latest message of
	// theirs, whose seq is given, and received one that is at most reach before. It leaves out visitors, conversations that
	// were deleted, and announcements.
	ListBehind(ctx context.Context, applicationID string, latest map[string]int64, reach int64) ([]Behind, error)

	// AddNotifications stores notifications, as sent. One that is stored already stays as it is.
	AddNotifications(ctx context.Context, applicationID string, list []*chatv1.ChatNotification) error

	// ListNotifications answers a user's notifications, newest first, of what is still there for them to look at. Their
	// status is what the user's watermarks say, where that is further than what is stored.
	ListNotifications(ctx context.Context, q NotificationsQuery) ([]*chatv1.ChatNotification, error)

	// MarkNotificationsRead marks those of a user's unread notifications that have these ids, or all when there are none,
	// and answers how many. What ListNotifications leaves out is left alone.
	MarkNotificationsRead(ctx context.Context, applicationID, userID string, ids []string) (int, error)

	// SettleNotifications marks as read the notifications of messages that receipts say were read, from then on.
	SettleNotifications(ctx context.Context, applicationID string, receipts []ReadReceipt) error

	VisitorStore

	// ListCompanions answers for each conversation that some subjects are in the subjects of all present members. Deleted
	// ones and announcements are not among them.
	ListCompanions(ctx context.Context, applicationID string, subjects []string) ([][]string, error)

	// FilterCompanions answers which of some subjects are in one such conversation with a subject, in no order.
	FilterCompanions(ctx context.Context, applicationID, subject string, among []string) ([]string, error)

	// HoldLease takes a lease for its owner, or holds it on, for a time from now by the database's clock, so that processes
	// whose own clocks differ agree; and false when another owner has it. No time gives it back.
	HoldLease(ctx context.Context, name, owner string, ttl time.Duration) (bool, error)

	// LeaseSecret answers a lease's secret, which is made up when it is asked for the first time and stays. Only whoever has the
	// lease is to learn it.
	LeaseSecret(ctx context.Context, name string) (string, error)
}

// Draft is a message before it has a seq.
type Draft struct {
	ApplicationID string
	// Message has everything but seq.
	Message *chatv1.Message
	// SenderSubject is the sender as in topics; empty for the system.
	SenderSubject string
	// Fingerprint tells one content from another under the same id.
	Fingerprint []byte
	// AttachmentIDs are the files it is sent with: its attachments, and its content type where it has none.
	AttachmentIDs []string
	// Moderation is what moderators are told of it when it is stored, and the sender of one that is pending; nil for nothing.
	Moderation *chatv1.Moderation
}

// Edit is another text for a message.
type Edit struct {
	ApplicationID, MessageID string
	Content                  string
	// By is the subject of who edits; empty for a back end.
	By string
	// Moderation is what moderators are told of it; nil for nothing.
	Moderation *chatv1.Moderation
}

// Announcement is an announcement before it is stored.
type Announcement struct {
	// Conversation has the author as its one participant, or none when a back end wrote it.
	Conversation *chatv1.Conversation
	// Key is what it is unique by; empty when it is not.
	Key string
	// ForEveryone says that its audience is every user of the application.
	ForEveryone bool
	// Draft is its message.
	Draft Draft
}

// AnnouncementsQuery asks for announcements older than Before and not older than From, whose id is one of IDs, or whose
// author is Author; or for all when All, or for one, expired or not.
type AnnouncementsQuery struct {
	ApplicationID string
	// Subject is whose unread count is answered; empty for nobody's.
	Subject string
	// IDs are announcements to the subject; those that have expired are left out.
	IDs    []string
	Author string
	All    bool
	One    string
	// Before and From are conversation ids; empty for no bound.
	Before, From string
	Limit        int
	// Now is when expiry is judged.
	Now time.Time
}

// Delivery is an event of an announcement that is handed on to its audience, some users at a time.
type Delivery struct {
	// Position is the event's in the change feed.
	Position       int64
	ApplicationID  string
	ConversationID string
	// AfterUserID is the user up to whom it is done; empty at the start.
	AfterUserID    string
	PublishedCount int64
	// StartedAt and FinishedAt are zero before.
	StartedAt, FinishedAt time.Time
}

// Permit says whether someone may write in a conversation, as it and they are at that moment.
type Permit func(c *chatv1.Conversation, p *chatv1.Participant) error

// ConversationsQuery asks for a page of someone's conversations.
type ConversationsQuery struct {
	ApplicationID string
	Subject       string
	Types         []chatv1.Conversation_Type
	// Announcements are the conversations whose audience the subject is in. They are listed too.
	Announcements []string
	After         *ConversationKey
	Limit         int
	// Now is when expiry is judged.
	Now time.Time
}

// ConversationKey is a conversation's place in a list.
type ConversationKey struct {
	Pinned         bool
	LastActivityAt int64
	ID             string
}

// ParticipantKey is a participant's place in a list; zero is before the first.
type ParticipantKey struct {
	JoinedAt int64
	ID       string
}

// Members are those an event of a conversation is for.
type Members struct {
	Type     chatv1.Conversation_Type
	Subjects []string
	// ForEveryone says that events are for every user of the application too.
	ForEveryone bool
}

// MessagesQuery asks for messages by seq: below Before newest first, or above After oldest first.
type MessagesQuery struct {
	ApplicationID  string
	ConversationID string
	// Before is exclusive, not looked at when Ascending, and otherwise at most one above the newest message's.
	Before int64
	// After is exclusive, and only looked at when Ascending.
	After     int64
	Ascending bool
	Limit     int
}

// ReceiptKind is which watermark moves.
type ReceiptKind string

// The kinds of receipts.
const (
	Delivered ReceiptKind = "delivered"
	Read      ReceiptKind = "read"
)

// Behind is a user who has received a conversation's messages up to DeliveredSeq only.
type Behind struct {
	ConversationID string
	UserID         string
	DeliveredSeq   int64
}

// ReadReceipt says that a user had read a conversation up to a seq.
type ReadReceipt struct {
	ConversationID string
	UserID         string
	Seq            int64
	At             time.Time
}

// NotificationsQuery asks for a page of a user's notifications.
type NotificationsQuery struct {
	ApplicationID string
	// Announcements are those addressed to the user; of others there is nothing to look at.
	Announcements []string
	UserID        string
	UnreadOnly    bool
	// Before is the id of the last notification of the page before; empty for the first page.
	Before string
	Limit  int
	// Now is when expiry is judged.
	Now time.Time
}

// EventsQuery asks for events after a position: all, one application's, or those one subject may see.
type EventsQuery struct {
	ApplicationID string
	Subject       string
	// Announcements are the conversations whose audience the subject is in.
	Announcements []string
	// UpTo is the last position that is looked at; 0 for all.
	UpTo int64
	// HandedOn asks for the rows that hand events on to addressees, too.
	HandedOn bool
	// Recent says that the reader follows the feed, and may be answered from what this process remembers of it. Then there may
	// be more than it is answered, which other processes wrote; they are there when it asks again. Only without an application,
	// a subject, a kind and a bound.
	Recent bool
	// Textless asks for messages with no more than who sent them, their seq, and whether they are deleted, and not for whom
	// events are. Only without HandedOn.
	Textless bool
	// Kind is the one kind of events that is asked for; all when empty, and in a subject's events.
	Kind  string
	After int64
	Limit int
}

// Pruning says which events may go.
type Pruning struct {
	// Before is when those happened that are old enough.
	Before time.Time
	// HeardSince is since when a consumer must have acknowledged something to be waited for.
	HeardSince time.Time
	Limit      int
}

// StoredEvent is an event with what delivering it needs.
type StoredEvent struct {
	Position      int64
	ApplicationID string
	// Recipient is a subject it is for besides the conversation's members, or alone; empty when there is none.
	Recipient string
	// RecipientOnly says that it is for nobody but the recipient.
	RecipientOnly bool
	// Addressees are users it is for, of an announcement's audience, and not for the members.
	Addressees []string
	// Origin is the position of the event that is handed on to addressees, otherwise 0. They are one event.
	Origin int64
	// Event is as it goes out. Others may have the same one, so nobody changes it.
	Event *chatv1.Event
}
