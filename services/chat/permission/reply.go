package permission

import (
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// situation is what decides whether someone may write.
type situation struct {
	conversation *chatv1.Conversation
	participant  *chatv1.Participant
	is           Standings
	now          time.Time
}

// answer is what a rule of writing says.
type answer uint8

const (
	no answer = iota
	yes
	over
	outside
)

// exceptions come before the reply permission; the first that applies decides. Situations are handed over by value, so
// that none escapes to the heap.
var exceptions = [...]struct {
	when    string
	applies func(situation) bool
	answer  answer
}{
	{"the conversation has expired", func(s situation) bool { return Expired(s.conversation, s.now) }, over},
	{"a back end writes", func(s situation) bool { return s.is == BackEnd }, yes},
	{"a stranger writes", func(s situation) bool { return s.is == Stranger }, outside},
	{"the participant's `canReply` is true", func(s situation) bool { return s.overridden(true) }, yes},
	{"the participant's `canReply` is false", func(s situation) bool { return s.overridden(false) }, no},
}

// replies says whom each reply permission lets write.
var replies = [...]struct {
	permission chatv1.Conversation_ReplyPermission
	may        Standings
	why        string
}{
	{chatv1.Conversation_all, Creator | Admin | Member | Visitor | Addressee, "Everyone who takes part, unless they are there to read."},
	{chatv1.Conversation_admins_only, Admin, "In a one_to_one nobody is an admin: then only back ends write."},
	{chatv1.Conversation_sender_only, Creator, "Who created the conversation writes, and nobody else. The default of a broadcast."},
	{chatv1.Conversation_none, nobody, "The default of an announcement."},
}

// checkWriter is Check for what those may do who may write, or who have one of the standings besides.
func checkWriter(may Standings, c *chatv1.Conversation, who Caller, now time.Time) error {
	s := situation{conversation: c, participant: who.Participant, is: In(c, who, now), now: now}
	answer := s.answer()
	switch {
	case answer == yes, answer == no && s.is&may != 0:
		return nil
	case answer == over:
		return conversationExpired()
	case answer == outside:
		// A handler has let them in, so they have lost their place since.
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_A_PARTICIPANT, "The user takes no part in this conversation.")
	default:
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED, "Writing is not allowed in this conversation.")
	}
}

// overridden says that the participant's canReply is set, to this.
func (s situation) overridden(canReply bool) bool {
	p := s.participant
	return p != nil && p.CanReply != nil && p.GetCanReply() == canReply
}

// answer goes through the exceptions, and then by the reply permission.
func (s situation) answer() answer {
	for i := range exceptions {
		if exceptions[i].applies(s) {
			return exceptions[i].answer
		}
	}
	for i := range replies {
		if replies[i].permission == s.conversation.GetReplyPermission() && replies[i].may&s.is != 0 {
			return yes
		}
	}
	return no
}
