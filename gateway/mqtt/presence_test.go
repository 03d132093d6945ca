package mqttgw_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// onOthersBroker is a gateway that sees no connections, and is told by clients.
func onOthersBroker(c *mqttgw.Config) {
	c.Presence = mqttgw.NewPresence(mqttgw.PresenceConfig{Chat: c.Chat, Logger: quiet()})
}

// reports answers what the service was told of someone, as "here/device-of-alice online 60ms", each once.
func (c *chatService) reports(user string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, r := range c.reported {
		if r.GetUserId() != user || r.GetApplicationId() != "geosector" {
			continue
		}
		word := fmt.Sprint(r.GetSessionId(), " ", r.GetStatus(), " ", r.GetTtl().AsDuration())
		if len(list) == 0 || list[len(list)-1] != word {
			list = append(list, word)
		}
	}
	return list
}

func wantReports(t *testing.T, w *world, user string, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the reports of %s are %q", user, want), func() bool {
		return strings.Join(w.chat.reports(user), "\n") == strings.Join(want, "\n")
	})
}

func TestAConnectionIsReportedAndHeldOnUntilItEnds(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	wantReports(t, w, "alice", "here/device-of-alice online 60ms")
	calls := w.chat.called("ReportPresence")
	eventually(t, "it is held on", func() bool { return w.chat.called("ReportPresence") > calls+3 })
	alice.Disconnect(0)
	wantReports(t, w, "alice", "here/device-of-alice online 60ms", "here/device-of-alice offline 0s")
}

func TestConnectionsAreGoneWhenTheGatewayStops(t *testing.T) {
	w := start(t)
	w.connects("alice")
	wantReports(t, w, "alice", "here/device-of-alice online 60ms")
	w.stop()
	wantReports(t, w, "alice", "here/device-of-alice online 60ms", "here/device-of-alice offline 0s")
}

func TestWhatClientsSayIsBelievedWhereConnectionsAreNotSeen(t *testing.T) {
	w := start(t, onOthersBroker)
	alice := w.connects("alice")
	alice.says("presence", map[string]any{"status": "online", "sessionId": "s1"})
	wantReports(t, w, "alice", "said/s1 online 10m0s")
	alice.says("presence", map[string]any{"status": "offline", "sessionId": "s0"})
	wantReports(t, w, "alice", "said/s1 online 10m0s", "said/s0 offline 0s")
}

func TestWhatClientsSayAddsNothingWhereConnectionsAreSeen(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("presence", map[string]any{"status": "offline", "sessionId": "s1"})
	eventually(t, "accepted", func() bool { return w.counted("palabre_mqtt_uplinks_total", "presence") == 1 })
	wantReports(t, w, "alice", "here/device-of-alice online 60ms")
}

func TestAPresenceThatSaysNothingIsRefused(t *testing.T) {
	w := start(t, onOthersBroker)
	alice := w.connects("alice")
	for payload, field := range map[string]string{
		`{"sessionId": "s1"}`:                                                   "status",
		`{"status": "away", "sessionId": "s1"}`:                                 "status",
		`{"status": "online", "sessionId": "` + strings.Repeat("x", 129) + `"}`: "sessionId",
	} {
		alice.says("presence", payload)
		refusal := new(chatv1.UplinkRefusal)
		alice.hears("chat/user/alice/acks", refusal)
		if refusal.GetTopic() != "presence" || refusal.GetRefusal().GetReason() != "INVALID_ARGUMENT" || refusal.GetRefusal().GetField() != field {
			t.Errorf("%s is answered %v", payload, refusal)
		}
	}
}

func TestWhatCouldNotBeReportedIsReportedWhenTheServiceIsBack(t *testing.T) {
	w := start(t, onOthersBroker)
	w.chat.setBefore(func(_ context.Context, method string, _ proto.Message) error {
		if method == "ReportPresence" {
			return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "")
		}
		return nil
	})
	alice := w.connects("alice")
	alice.says("presence", map[string]any{"status": "online", "sessionId": "s1"})
	eventually(t, "tried", func() bool { return w.chat.called("ReportPresence") > 0 })
	w.chat.setBefore(nil)
	wantReports(t, w, "alice", "said/s1 online 10m0s")
}

func TestWhoComesAndGoesIsToldInOneEventToEach(t *testing.T) {
	w := start(t)
	alice, bob := w.connects("alice"), w.connects("bob")
	w.chat.news <- &chatv1.WatchPresenceResponse{
		ApplicationId: "geosector",
		Presences: []*chatv1.Presence{
			{UserId: "bob", Status: chatv1.Presence_online}, {UserId: "carol", Status: chatv1.Presence_offline},
		},
		Audiences: []*chatv1.PresenceAudience{{UserId: "alice", Places: []int32{0, 1}}, {UserId: "bob", Places: []int32{1}}},
	}
	for who, want := range map[*person]int{alice: 2, bob: 1} {
		e := who.event()
		if e.GetEvent() != "presence.changed" || len(e.GetPresenceDigest().GetPresences()) != want || e.Cursor != nil || e.GetEventId() == "" || e.GetAt() == nil {
			t.Errorf("%s hears %v", who.id, e)
		}
	}
}

func TestAConnectionThatIsTakenOverIsStillThere(t *testing.T) {
	w := start(t)
	w.connects("alice")
	again := w.connects("alice") // with the same client id
	wantHeldOn := func() bool {
		list := w.chat.reports("alice")
		return len(list) > 0 && strings.HasPrefix(list[len(list)-1], "here/device-of-alice online")
	}
	deadline := time.Now().Add(5 * 60 * time.Millisecond)
	eventually(t, "the last report says online", func() bool { return time.Now().After(deadline) && wantHeldOn() })
	again.Disconnect(0)
	eventually(t, "the last report says offline", func() bool { return !wantHeldOn() })
}
