package chat

import (
	"context"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// AttachmentStore is the part of a Store that is about files. It has what they are, and a Blobs their bytes: there are no
// bytes without a row, from before the first to after the last of them.
type AttachmentStore interface {
	// CreateAttachment keeps that a file is being uploaded.
	CreateAttachment(ctx context.Context, a Attachment) error

	// CompleteAttachment keeps what the file turned out to be, which from then on can be sent. Errors: ErrNotFound when it is
	// to be removed by then.
	CompleteAttachment(ctx context.Context, a Attachment, at time.Time) error

	// FindAttachment answers a file that was uploaded whole and is not to be removed yet. Errors: ErrNotFound.
	FindAttachment(ctx context.Context, applicationID, id string, now time.Time) (Attachment, error)

	// AbandonAttachment has a file removed that did not come whole. Errors: none of its own.
	AbandonAttachment(ctx context.Context, applicationID, id string, now time.Time) error

	// ListRemovable answers files of all applications that were to be removed before a time, whose bytes may still be there.
	ListRemovable(ctx context.Context, before time.Time, limit int) ([]Attachment, error)

	// DeleteAttachments takes away the rows of files whose bytes are gone. Errors: none of its own.
	DeleteAttachments(ctx context.Context, removed []Attachment) error
}

// Attachment is a file and what only the chat service knows of it.
type Attachment struct {
	ApplicationID string
	// Uploader is the subject of who uploaded it; empty for a back end.
	Uploader string
	// ConversationID is where it was sent, or before that the only one where it may be; empty for anywhere.
	ConversationID string
	// MessageID is what it was sent with; empty before.
	MessageID string
	CreatedAt time.Time
	// RemoveAfter is when it is removed unless it was sent.
	RemoveAfter time.Time
	// File is what callers see of it.
	File *chatv1.Attachment
}

// key is where a Blobs has the bytes.
func (a Attachment) key() string { return a.ApplicationID + "/" + a.File.GetId() }

// AttachmentURL is where callers get a file.
func AttachmentURL(id string) string { return "/api/chat/attachments/" + id }
