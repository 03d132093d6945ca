package chat

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/rpcerr"
)

// FloodLimiter counts how much each sender has sent of late.
type FloodLimiter interface {
	// Take takes a slot of a sender; or answers after how long one will be free, and takes none.
	Take(ctx context.Context, sender string, limit flood.Limit) (flood.Slot, time.Duration)
	// GiveBack undoes a Take.
	GiveBack(ctx context.Context, sender string, slot flood.Slot)
}

// floodGuard holds senders to their application's limit, over all of their conversations.
type floodGuard struct {
	limiter FloodLimiter
	limits  map[string]flood.Limit
}

// take takes a slot of the caller's, or answers a refusal. The message that it was taken for gives it back when it does not
// count after all. A back end or a component that writes in nobody's name has no limit.
func (g floodGuard) take(ctx context.Context) (counted func(sending) sending, refusal error) {
	p := caller(ctx)
	limit := g.limits[p.ApplicationID]
	if limit.Messages == 0 || actsAsItself(p) {
		return func(message sending) sending { return message }, nil
	}
	sender := floodKey(p)
	slot, wait := g.limiter.Take(ctx, sender, limit)
	if wait > 0 {
		return nil, rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "", rpcerr.RetryAfter(wait))
	}
	return func(message sending) sending {
		return func() (*chatv1.Message, error) {
			stored, err := message()
			if !counts(stored, err) {
				g.limiter.GiveBack(ctx, sender, slot)
			}
			return stored, err
		}
	}, nil
}

// floodKey is a sender within their application; an application's id has no colon.
func floodKey(p auth.Principal) string { return p.ApplicationID + ":" + p.Subject() }

// counts says whether a message uses up its slot: when it was stored, or its content refused. A repeat does not, nor what
// could not be stored, which is sent again.
func counts(stored *chatv1.Message, err error) bool {
	if err != nil {
		return rpcerr.Reason(err) == rpcv1.ErrorReason_MESSAGE_REJECTED
	}
	return !stored.GetDuplicate()
}
