package chat

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// The kinds of events that are stored, as the contract names them.
const (
	EventMessageCreated      = "message.created"
	EventMessageUpdated      = "message.updated"
	EventMessageDeleted      = "message.deleted"
	EventMessageModerated    = "message.moderated"
	EventReceiptDelivered    = "receipt.delivered"
	EventReceiptRead         = "receipt.read"
	EventParticipantAdded    = "participant.added"
	EventParticipantRemoved  = "participant.removed"
	EventConversationCreated = "conversation.created"
	EventConversationUpdated = "conversation.updated"
	EventConversationDeleted = "conversation.deleted"
	EventAnnouncementCreated = "announcement.created"
)

// EventID names an event once and for all. The time is part of it, so that a database restored from a backup, which
// gives positions again, does not give ids again that clients would take for repeats.
func EventID(position int64, at time.Time) string {
	return strconv.FormatInt(position, 36) + "-" + strconv.FormatInt(at.UnixMicro(), 36)
}

// cursorVersion lets a later form of cursors be told from this one.
const cursorVersion = "1."

// FormatCursor writes a position of the change feed as clients carry it.
func FormatCursor(position int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorVersion + strconv.FormatInt(position, 36)))
}

// parseCursor reads what FormatCursor wrote; field is the request's name of it.
func parseCursor(cursor, field string) (int64, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(text) > len(cursorVersion) && string(text[:len(cursorVersion)]) == cursorVersion {
		position, err := strconv.ParseInt(string(text[len(cursorVersion):]), 36, 64)
		if err == nil && position >= 0 {
			return position, nil
		}
	}
	return 0, rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR,
		"The cursor is not one this server gave.", rpcerr.Field(field, fmt.Sprintf("%.80q is no cursor", cursor)))
}
