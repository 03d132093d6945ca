package mqttgw_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// shared makes a world on a Mosquitto on which one gateway is active, and others may stand by.
func shared(t *testing.T) (*world, *servers.MosquittoServer) {
	t.Helper()
	return onMosquitto(t, servers.MosquittoConfig{}, func(c *mqttgw.Config) {
		c.Broker.Shared = true
		c.Limits.LeaseTime = 400 * time.Millisecond
	})
}

// another starts one more gateway, as another process would, and waits until it is ready: active, or standing by.
func (w *world) another() (stop func()) {
	w.t.Helper()
	gateway := w.newGateway()
	stop = run(w.t, gateway)
	eventually(w.t, "ready", func() bool { return gateway.Ready() == nil })
	return stop
}

func TestOfTwoGatewaysOneIsActive(t *testing.T) {
	w, mosquitto := shared(t)
	stopSecond := w.another()
	if active := w.counted("palabre_mqtt_active", ""); active != 0 {
		t.Fatalf("the second is active too")
	}
	alice := connectsTo(t, mosquitto, "alice", "a")
	for i := range 20 {
		w.chat.happens(fmt.Sprint(i), pair, chatv1.Conversation_one_to_one, "alice")
		if e := alice.event(); e.GetEvent() != fmt.Sprint(i) {
			t.Errorf("alice hears %v, want %d once", e, i)
		}
		alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
		if ack := alice.ack(); ack.GetDuplicate() {
			t.Errorf("%d was handled twice", i)
		}
	}
	stopSecond()
}

func TestAGatewayThatStopsHandsOverAtOnce(t *testing.T) {
	w, mosquitto := shared(t)
	stopFirst := w.stop
	defer w.another()()
	alice := connectsTo(t, mosquitto, "alice", "a")
	stopFirst()
	for i := range 5 {
		alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
		alice.ack()
		w.chat.happens(fmt.Sprint(i), pair, chatv1.Conversation_one_to_one, "alice")
		if e := alice.event(); e.GetEvent() != fmt.Sprint(i) {
			t.Errorf("alice hears %v, want %d", e, i)
		}
	}
}

// A gateway that cannot hold its lease on lets go of the broker, and another begins; what was under way is not lost.
func TestAGatewayThatLosesItsLeaseLeavesTheBrokerToAnother(t *testing.T) {
	w, mosquitto := shared(t)
	var mu sync.Mutex
	first := ""
	w.chat.setBefore(func(_ context.Context, method string, req proto.Message) error {
		mu.Lock()
		defer mu.Unlock()
		lease, ok := req.(*chatv1.HoldLeaseRequest)
		if ok && first == "" {
			first = lease.GetOwner() // the one that is active, since no other is there yet
		}
		if ok && lease.GetOwner() == first {
			return unavailable()
		}
		return nil
	})
	eventually(t, "cut off", func() bool { mu.Lock(); defer mu.Unlock(); return first != "" })
	defer w.another()()
	alice := connectsTo(t, mosquitto, "alice", "a")
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint(i))
		alice.says("send", message(fmt.Sprint("m-", i), fmt.Sprint(i)))
		alice.ack()
	}
	eventually(t, "the second is active", func() bool { return w.counted("palabre_mqtt_active", "") == 1 })
	if got := w.chat.contents(); !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
}
