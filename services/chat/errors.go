package chat

import (
	"time"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// retryOverload is when one who was told that too many messages wait may try again: what waited is stored by then.
const retryOverload = time.Second

// Errors says what callers are told of the Store's sentinels.
func Errors() rpcerr.Table {
	return rpcerr.Table{
		rpcerr.Map(ErrNotFound, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such thing."),
		rpcerr.Map(ErrEventsGone, codes.OutOfRange, rpcv1.ErrorReason_CURSOR_EXPIRED,
			"The events after this cursor are gone. Load the state and start from the present."),
		rpcerr.Map(ErrUnavailable, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, ""),
		rpcerr.Map(ErrOverloaded, codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT, "", rpcerr.RetryAfter(retryOverload)),
		rpcerr.Map(ErrIdempotencyConflict, codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT,
			"The same clientMessageId was used for another content. Give every message its own.",
			rpcerr.Field("clientMessageId", "was used for another content")),
		rpcerr.Map(ErrLastAdmin, codes.FailedPrecondition, rpcv1.ErrorReason_LAST_ADMIN,
			"The conversation would be left without an admin. Make someone else admin first."),
		rpcerr.Map(errTokenRevoked, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED,
			"The visitor became a user or was erased, and their token is worth nothing any more."),
		rpcerr.Map(errCredentialsMissing, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING, ""),
		rpcerr.Map(errLinkInvalid, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID,
			"The link is none that this server gave for this file."),
		rpcerr.Map(errLinkExpired, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED, "The time of the link is over. Ask for another."),
		rpcerr.Map(ErrAlreadyConverted, codes.FailedPrecondition, rpcv1.ErrorReason_ALREADY_CONVERTED, ""),
		rpcerr.Map(ErrAlreadyMember, codes.AlreadyExists, rpcv1.ErrorReason_ALREADY_EXISTS,
			"The user takes part in the conversation already."),
		rpcerr.Map(ErrNoAttachment, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"An attachment is not there to be sent: upload it, and send it once, within a day.",
			rpcerr.Field("attachmentIds", "name no file that the sender has uploaded and not sent yet")),
		rpcerr.Map(ErrMessageHeld, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_HELD, ""),
		rpcerr.Map(ErrMessageDeleted, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_DELETED, "The message was deleted."),
	}
}
