package chat_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/chat"
)

func TestAMessageThatWasNeverStoredLeavesTheQueue(t *testing.T) {
	w, moderator := withModerator(t)
	c := w.group(t, "alice", "bob").GetId()
	waits := w.send(t, "alice", c, "hold on that").GetId()
	held := func(clientMessageID string) string {
		id := chat.MessageID(app, c, "alice", clientMessageID).String()
		moderator.change(func() {
			moderator.queue[id] = &moderationv1.Review{
				ApplicationId: app, MessageId: id, Status: moderationv1.Verdict_pending, CreatedAt: timestamppb.New(w.clock.Now()),
			}
		})
		return id
	}
	lost := []string{held("lost"), held("lost, too"), held("as well")}
	w.clock.advance(16 * time.Minute)
	underWay := held("about to be stored")
	w.works(t)
	moderator.until(t, "what was lost is gone", func() bool {
		return moderator.queue[lost[0]] == nil && moderator.queue[lost[1]] == nil && moderator.queue[lost[2]] == nil
	})
	for what, id := range map[string]string{"what was stored": waits, "what is about to be stored": underWay} {
		if moderator.inQueue()[id] == nil {
			t.Errorf("%s left the queue, too", what)
		}
	}
}
