package chat_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

var (
	permissionsSeed   = flag.Uint64("permissions-seed", 1, "which random states of conversations to try")
	permissionsStates = flag.Int("permissions-states", 100, "how many random states of conversations to try")
)

// TestTheServerDoesWhatTheDocumentSays makes random states of conversations and tries every action in each. What the server
// answers has to be what docs/permissions.md says.
func TestTheServerDoesWhatTheDocumentSays(t *testing.T) {
	w, document := newWorld(t), readPermissions(t)
	w.terms[app] = chat.VisitorRules{DeviceLimit: -1, AddressLimit: -1}
	random := rand.New(rand.NewPCG(*permissionsSeed, 0))
	for i := range *permissionsStates {
		s := randomState(random)
		st := w.build(t, s, fmt.Sprint(i))
		for j, a := range actions {
			if st.ended {
				st = w.build(t, s, fmt.Sprintf("%d-%d", i, j))
			}
			if a.applies != nil && !a.applies(st) {
				continue
			}
			want, got := document.outcome(t, s, a.name), outcome(a.try(st))
			if got != want {
				t.Fatalf("%s: %s, the document says %s\n%v\nagain: go test ./services/chat -run %s -permissions-seed=%d",
					a.name, got, want, s, t.Name(), *permissionsSeed)
			}
			st.ended = a.ends && got == allowed
		}
	}
}

// Every row of the document is tried.
func TestEveryActionOfTheDocumentIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, a := range actions {
		tried[a.name] = true
	}
	document := readPermissions(t)
	for name := range document.actions {
		if !tried[name] {
			t.Errorf("nobody tries to %s", name)
		}
	}
	for name := range tried {
		if document.actions[name] == nil {
			t.Errorf("the document does not know how to %s", name)
		}
	}
}

// outcome is what an answer means.
func outcome(err error) string {
	code, reason := rpcerr.Code(err), rpcerr.Reason(err)
	switch {
	case err == nil:
		return allowed
	case code == codes.NotFound:
		return hidden
	case reason == rpcv1.ErrorReason_CONVERSATION_EXPIRED:
		return over
	case reason == rpcv1.ErrorReason_REPLY_NOT_ALLOWED, reason == rpcv1.ErrorReason_NOT_ALLOWED, errors.Is(err, errKeptBack):
		return denied
	default:
		return fmt.Sprintf("%v (%v)", err, reason)
	}
}

// errKeptBack says that an answer lacks what others are shown.
var errKeptBack = errors.New("it is not shown")

// action is how to try something that the document speaks of.
type action struct {
	name string
	try  func(*stage) error
	// ends says that the state is no longer what it was, once it was allowed.
	ends bool
	// applies says where there is a call to try; everywhere when nil.
	applies func(*stage) bool
}

// actions are in an order in which those that are allowed do not disturb those that come after.
var actions = []action{
	{name: seeing, try: func(st *stage) error {
		return call(st.ctx, st.chat.GetConversation, &chatv1.GetConversationRequest{Id: st.conversation.GetId()})
	}},
	{name: seeing, try: func(st *stage) error {
		return call(st.ctx, st.chat.ListMessages, &chatv1.ListMessagesRequest{ConversationId: st.conversation.GetId()})
	}},
	{name: seeing, try: func(st *stage) error {
		return call(st.ctx, st.chat.ListParticipants, &chatv1.ListParticipantsRequest{ConversationId: st.conversation.GetId()})
	}},
	{name: seeing, try: func(st *stage) error {
		return call(st.ctx, st.chat.GetMessage, &chatv1.GetMessageRequest{Id: st.theirs})
	}},
	{name: seeing, try: func(st *stage) error {
		return call(st.ctx, st.chat.ListMessageChanges, &chatv1.ListMessageChangesRequest{Id: st.own})
	}},
	{name: "write a message", try: func(st *stage) error {
		return call(st.ctx, st.chat.SendMessage, &chatv1.SendMessageRequest{ConversationId: st.conversation.GetId(), Content: "bonjour"})
	}},
	{name: "edit one's own message", try: func(st *stage) error { return st.edit(st.own) }},
	{name: "edit somebody else's message", try: func(st *stage) error { return st.edit(st.theirs) }},
	{name: "change the title or the expiry date", try: func(st *stage) error {
		title := "Titre"
		return call(st.ctx, st.chat.UpdateConversation, &chatv1.UpdateConversationRequest{Id: st.conversation.GetId(), Title: &title})
	}},
	{name: "pin the conversation", try: func(st *stage) error {
		return call(st.ctx, st.chat.PinConversation, &chatv1.PinConversationRequest{Id: st.conversation.GetId()})
	}},
	{name: "set the reply permission", try: func(st *stage) error {
		return call(st.ctx, st.chat.SetReplyPermission, &chatv1.SetReplyPermissionRequest{Id: st.conversation.GetId(), ReplyPermission: st.permission})
	}},
	{name: "add a participant", try: func(st *stage) error {
		return call(st.ctx, st.chat.AddParticipant, &chatv1.AddParticipantRequest{ConversationId: st.conversation.GetId(), UserId: st.person("newcomer")})
	}},
	{name: "change a participant's role", try: func(st *stage) error {
		return call(st.ctx, st.chat.UpdateParticipant, &chatv1.UpdateParticipantRequest{
			ConversationId: st.conversation.GetId(), ParticipantId: st.other.GetId(), Role: chatv1.Participant_admin.Enum(),
		})
	}},
	{name: "let one participant write, or forbid it", try: func(st *stage) error {
		yes := true
		return call(st.ctx, st.chat.UpdateParticipant, &chatv1.UpdateParticipantRequest{
			ConversationId: st.conversation.GetId(), ParticipantId: st.other.GetId(), CanReply: &yes,
		})
	}},
	{name: "see how far its delivery has come", applies: isAnnouncement, try: func(st *stage) error {
		a, err := st.chat.GetAnnouncement(st.ctx, &chatv1.GetAnnouncementRequest{Id: st.conversation.GetId()})
		if err == nil && a.GetDelivery() == nil {
			return errKeptBack
		}
		return err
	}},
	{name: "delete one's own message", try: func(st *stage) error { return st.take(st.own) }},
	{name: "delete somebody else's message", try: func(st *stage) error { return st.take(st.theirs) }},
	{name: "remove a participant", ends: true, applies: hasThird, try: func(st *stage) error {
		return call(st.ctx, st.chat.RemoveParticipant, &chatv1.RemoveParticipantRequest{
			ConversationId: st.conversation.GetId(), ParticipantId: participantOf(st.t, st.conversation, st.person("third")).GetId(),
		})
	}},
	{name: "remove a participant", applies: func(st *stage) bool { return !hasThird(st) }, try: func(st *stage) error {
		return call(st.ctx, st.chat.RemoveParticipant, &chatv1.RemoveParticipantRequest{
			ConversationId: st.conversation.GetId(), ParticipantId: st.other.GetId(),
		})
	}},
	{name: "leave", ends: true, applies: isPerson, try: func(st *stage) error {
		return call(st.ctx, st.chat.RemoveParticipant, &chatv1.RemoveParticipantRequest{ConversationId: st.conversation.GetId(), ParticipantId: "me"})
	}},
	{name: "transfer the conversation to a colleague, until it expires", ends: true, try: func(st *stage) error {
		return call(st.ctx, st.chat.TransferConversation, &chatv1.TransferConversationRequest{
			Id: st.conversation.GetId(), ToUserId: st.person("colleague"),
		})
	}},
	{name: "convert the visitor to a user", ends: true, applies: hasVisitor, try: func(st *stage) error {
		return call(st.ctx, st.chat.ConvertAnonymousUser, &chatv1.ConvertAnonymousUserRequest{Id: st.visitor, UserId: st.person("newcomer")})
	}},
	{name: "delete the conversation", ends: true, try: func(st *stage) error {
		return call(st.ctx, st.chat.DeleteConversation, &chatv1.DeleteConversationRequest{Id: st.conversation.GetId()})
	}},
}

const seeing = "see the conversation, its messages and who takes part"

func isAnnouncement(st *stage) bool { return st.kind == "announcement" }

func hasThird(st *stage) bool { return st.column() == "group, broadcast" }

func isPerson(st *stage) bool { return st.actor != "back end" }

// hasVisitor says that the conversation's visitor is one still.
func hasVisitor(st *stage) bool { return st.kind == "anonymous" && st.actor != "member" }

func (st *stage) edit(message string) error {
	text := "corrigé"
	return call(st.ctx, st.chat.UpdateMessage, &chatv1.UpdateMessageRequest{Id: message, Content: &text})
}

func (st *stage) take(message string) error {
	return call(st.ctx, st.chat.DeleteMessage, &chatv1.DeleteMessageRequest{Id: message})
}
