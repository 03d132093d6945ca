package webhook

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/backoff"
	"github.com/palabre/palabre/internal/rpcerr"
)

// freshen reads an event again that was read too long ago: its text may be deleted by now. It waits for a service that is
// away. Errors: errGone, and why the context ended.
func (t *term) freshen(ctx context.Context, e *entry) error {
	wait := backoff.Backoff{First: firstStreamRetry, Limit: lastStreamRetry}
	for e.before != "" && time.Since(e.readAt) > t.limits.Fresh {
		asked := time.Now()
		event, err := t.reread(ctx, e)
		switch {
		case err == nil && event.GetCursor() == e.cursor:
			e.event, e.readAt = event, asked
			return nil
		case err == nil || rpcerr.Code(err) == codes.OutOfRange:
			return errGone
		default:
			if err := wait.Pause(ctx, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// reread answers the event that comes after the one before it.
func (t *term) reread(ctx context.Context, e *entry) (*chatv1.Event, error) {
	ctx, cancel := context.WithTimeout(asItself(ctx), t.limits.CallTimeout)
	defer cancel()
	stream, err := t.config.Chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{ApplicationId: t.hook.applicationID, Cursor: e.before})
	for err == nil {
		var answer *chatv1.StreamEventsResponse
		if answer, err = stream.Recv(); err == nil && answer.GetEvent() != nil {
			return answer.GetEvent(), nil
		}
	}
	return nil, err
}
