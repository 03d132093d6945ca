package chat_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat"
)

// tell tells the chat service terms, and waits until it has heard of them: from then on it is limited to what marks them.
func (m *moderator) tell(t *testing.T, w *world, terms *moderationv1.WatchRulesResponse) {
	t.Helper()
	terms.ApplicationId = app
	m.change(func() { m.terms = []*moderationv1.WatchRulesResponse{terms} })
	late := time.Now().Add(30 * time.Second)
	for !w.service.Follows(terms) {
		if time.Now().After(late) {
			t.Fatal("the terms are not followed")
		}
		<-time.After(time.Millisecond) // Nothing tells of it.
	}
}

func TestWithoutAModeratorNobodyIsAsked(t *testing.T) {
	w, moderator := withModerator(t)
	w.works(t)
	c := w.group(t, "alice", "bob").GetId()
	moderator.tell(t, w, &moderationv1.WatchRulesResponse{ModeratorEnabled: false, RepeatLimit: proto.Int32(1), RepeatWindow: 60})
	asked := len(moderator.asked)
	for range 3 {
		if m := w.send(t, "alice", c, "reject ceci"); m.GetIsModerated() {
			t.Errorf("the message is %v", m)
		}
	}
	if len(moderator.asked) != asked {
		t.Errorf("it was asked %v", moderator.asked[asked:])
	}
	moderator.tell(t, w, &moderationv1.WatchRulesResponse{ModeratorEnabled: true})
	_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "reject ceci"})
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
}

func TestTheFloodLimitFollowsTheRules(t *testing.T) {
	w, moderator := withModerator(t, three)
	w.works(t)
	c := w.group(t, "alice", "bob").GetId()
	moderator.tell(t, w, &moderationv1.WatchRulesResponse{ModeratorEnabled: true, FloodLimit: proto.Int32(1), FloodWindow: 60})
	w.send(t, "alice", c, "un")
	send := func() error {
		_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "deux"})
		return err
	}
	refused(t, send(), codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
	moderator.tell(t, w, &moderationv1.WatchRulesResponse{ModeratorEnabled: true})
	must(t, send())
}

func TestTheSameTextIsRefusedBeyondTheLimit(t *testing.T) {
	w, moderator := withModerator(t)
	w.works(t)
	here, there := w.group(t, "alice", "bob").GetId(), w.group(t, "alice", "bob").GetId()
	moderator.tell(t, w, &moderationv1.WatchRulesResponse{ModeratorEnabled: true, RepeatLimit: proto.Int32(2), RepeatWindow: 60})
	send := func(conversation, id, content string) error {
		_, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: conversation, Content: content, ClientMessageId: id})
		return err
	}
	must(t, send(here, "1", "Venez tous !"))
	must(t, send(there, "2", "  venez\tTOUS ! "))
	err := send(here, "3", "venez tous !")
	refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	if rule := rpcerr.MetadataOf(err)["rule"]; rule != "repeat_limit" {
		t.Errorf("the rule is %q", rule)
	}
	if told := rpcerr.Localized(err); told != "You have sent this text already. You can send it again later." {
		t.Errorf("alice is told %q", told)
	}
	must(t, send(here, "1", "Venez tous !")) // is the first, which was stored
	must(t, send(here, "4", "Venez toutes !"))
	refused(t, send(here, "5", "reject ceci"), codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	must(t, send(here, "6", "like another"))
	must(t, send(there, "7", "like another"))
	refused(t, send(here, "8", "like another"), codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	w.send(t, "bob", here, "venez tous !")
	w.clock.advance(61 * time.Second)
	must(t, send(here, "3", "venez tous !"))
}

func TestWhileTheModerationServiceIsAway(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*chat.Config)
		passes bool
	}{
		"messages are refused for as long":      {func(*chat.Config) {}, false},
		"messages pass where that is asked for": {func(c *chat.Config) { c.Unjudged = map[string]bool{app: true} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, moderator := withModerator(t, tt.change)
			c := w.group(t, "alice", "bob").GetId()
			moderator.change(func() { moderator.away = true })
			m, err := w.chat.SendMessage(as(t, "alice"), &chatv1.SendMessageRequest{ConversationId: c, Content: "reject ceci"})
			switch {
			case !tt.passes:
				refused(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
			case err != nil || m.GetIsModerated():
				t.Errorf("the answer is %v, %v", m, err)
			}
		})
	}
}
