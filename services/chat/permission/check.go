package permission

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// Check answers nil when a caller may do something in a conversation at a moment, and otherwise the error to tell them. It
// allocates nothing for a yes.
func Check(action Action, c *chatv1.Conversation, who Caller, now time.Time) error {
	rule := &rules[action]
	may := rule.in(c.GetType())
	if may&writers != 0 {
		return checkWriter(may, c, who, now)
	}
	is := In(c, who, now)
	switch {
	case may == never:
		return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_NOT_ALLOWED,
			"Conversations of this type do not let anybody "+rule.name+".", rpcerr.Metadata("type", c.GetType().String()))
	case is&may == 0 && (is != BackEnd || !rule.backEnd):
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED, rule.whoMay(may))
	case rule.ends && Expired(c, now):
		return conversationExpired()
	default:
		return nil
	}
}

func conversationExpired() error {
	return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_CONVERSATION_EXPIRED, "The conversation has expired.")
}

// Sees says whether a conversation exists for somebody.
func Sees(c *chatv1.Conversation, who Caller, now time.Time) bool {
	return In(c, who, now)&(rules[See].in(c.GetType())|BackEnd) != 0
}

// whoMay says to whom an action is left.
func (r *rule) whoMay(may Standings) string {
	var who []string
	for _, s := range standings {
		if may&s.standing != 0 {
			who = append(who, s.who)
		}
	}
	switch {
	case len(who) > 0:
		return "Only " + strings.Join(who, " or ") + " may " + r.name + "."
	case r.backEnd:
		return "Only a back end may " + r.name + "."
	default:
		return "Nobody may " + r.name + "."
	}
}
