package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
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

// floodGuard holds senders to their application's limits, over all of their conversations.
type floodGuard struct {
	limiter FloodLimiter
	terms   *termsBook
	// languages are what applications speak to their people; French where nothing is said.
	languages map[string]Language
}

// counting goes with a message, and gives back what was taken for it when it does not count after all.
type counting func(sending) sending

// take takes a slot of the caller's among all that they send, or answers a refusal. A back end or a component that writes in
// nobody's name has no limit.
func (g floodGuard) take(ctx context.Context) (counting, error) {
	p := caller(ctx)
	counted, wait := g.slot(ctx, floodKey(p), g.terms.of(p.ApplicationID).messages)
	if wait > 0 {
		return nil, rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "", rpcerr.RetryAfter(wait))
	}
	return counted, nil
}

// takeText takes a slot among what the caller sends of the same text, or answers a refusal. What is the same is the moderation
// service's to say, in its verdict.
func (g floodGuard) takeText(ctx context.Context, text string, v *moderationv1.Verdict) (counting, error) {
	p := caller(ctx)
	limit := g.terms.of(p.ApplicationID).repeats
	if limit.Messages == 0 || strings.TrimSpace(text) == "" {
		return uncounted, nil
	}
	counted, wait := g.slot(ctx, floodKey(p)+"="+sameText(text, v), limit)
	if wait > 0 {
		return nil, rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED,
			"The same text was sent too often, and may be again later.", rpcerr.RetryAfter(wait),
			rpcerr.Told(g.tooOften(p.ApplicationID)), rpcerr.Field("content", "was sent too often"), rpcerr.Metadata("rule", ruleRepeatLimit), rpcerr.Metadata("category", "spam"))
	}
	return counted, nil
}

// tooOften is what people are told who sent the same text too often, in the language of their application.
func (g floodGuard) tooOften(applicationID string) (language, text string) {
	if g.languages[applicationID] == English {
		return string(English), "You have sent this text already. You can send it again later."
	}
	return string(French), "Vous avez déjà envoyé ce texte. Vous pourrez le renvoyer plus tard."
}

// ruleRepeatLimit is what the limit on repeats is called among the rules.
const ruleRepeatLimit = "repeat_limit"

// slot takes a slot, or answers how long to wait for one.
func (g floodGuard) slot(ctx context.Context, key string, limit flood.Limit) (counting, time.Duration) {
	if limit.Messages == 0 || actsAsItself(caller(ctx)) {
		return uncounted, 0
	}
	slot, wait := g.limiter.Take(ctx, key, limit)
	if wait > 0 {
		return nil, wait
	}
	return func(message sending) sending {
		return func() (*chatv1.Message, error) {
			stored, err := message()
			if !counts(stored, err) {
				g.limiter.GiveBack(ctx, key, slot)
			}
			return stored, err
		}
	}, 0
}

// uncounted is for messages that there is no limit on.
func uncounted(message sending) sending { return message }

// sameText is one for texts that the verdict says are the same; where it says nothing, as of emoji, for those that differ in case
// or white space only. No subject has the = that it comes after.
func sameText(text string, v *moderationv1.Verdict) string {
	if fingerprint := v.GetFingerprint(); len(fingerprint) > 0 {
		return base64.RawURLEncoding.EncodeToString(fingerprint)
	}
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(strings.ToLower(text)), " ")))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
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
