package suite_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"google.golang.org/grpc/test/bufconn"

	"github.com/palabre/palabre/internal/testenv"
)

const (
	pairs = 50
	// unanswered is how many messages of each publisher are under way at once.
	unanswered = 32
	// guardTurns is how often the two brokers take turns.
	guardTurns = 5
	// leastOfStock is how much of stock mochi's rate the guard has to leave.
	leastOfStock = 0.9
	ours         = "ours"
)

// guardCosts compares the embedded broker with mochi as it comes, each with the same clients: fifty who publish, a gateway in
// memory that passes everything on, and fifty who subscribe.
func guardCosts(t *testing.T, r *report) {
	guard, stock := relay(t, ourBroker(t)), relay(t, stockBroker(t))
	rates := map[bool][]float64{}
	for range guardTurns {
		rates[true] = append(rates[true], guard.run(t, *duration/guardTurns))
		rates[false] = append(rates[false], stock.run(t, *duration/guardTurns))
	}
	guarded, bare := median(rates[true]), median(rates[false])
	r.add(row{
		what:   fmt.Sprintf("the broker alone, %d publishers by a gateway to %d subscribers, QoS 1", pairs, pairs),
		figure: rate(guarded), raw: "mochi as it comes " + rate(bare), ratio: ratio(guarded, bare),
		goal: fmt.Sprintf("≥ %.1f×", leastOfStock), reached: guarded >= leastOfStock*bare,
	})
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// anyBroker is what is compared.
type anyBroker struct {
	name                     string
	address                  string
	gatewayName, gatewayPass string
	dialGateway              func() (net.Conn, error)
}

func ourBroker(t *testing.T) anyBroker {
	t.Helper()
	b := startBroker(t)
	name, password := b.GatewayCredentials()
	return anyBroker{ours, b.Addr().String(), name, password, b.Dial}
}

func stockBroker(t *testing.T) anyBroker {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	must(t, server.AddHook(new(allowing), nil))
	must(t, server.AddListener(l))
	must(t, server.Serve())
	t.Cleanup(func() { _ = server.Close() })
	memory := bufconn.Listen(256 << 10) // as ours has
	go func() {
		if conn, err := memory.Accept(); err == nil {
			_ = server.EstablishConnection("memory", conn)
		}
	}()
	return anyBroker{"mochi", l.Address(), "gateway", "gateway", memory.Dial}
}

// allowing lets everybody do everything; mochi's own needs another library.
type allowing struct{ mochi.HookBase }

// Provides implements mochi.Hook.
func (allowing) Provides(event byte) bool {
	return event == mochi.OnConnectAuthenticate || event == mochi.OnACLCheck
}

// OnConnectAuthenticate says yes.
func (allowing) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnACLCheck says yes.
func (allowing) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// relayed is a broker with its clients.
type relayed struct {
	name       string
	publishers []*rawClient
	turns      []chan struct{} // of each pair: one for each message that has not arrived
	sending    atomic.Bool
	received   atomic.Int64
	sent       atomic.Int64
}

func relay(t *testing.T, b anyBroker) *relayed {
	t.Helper()
	l := &relayed{name: b.name}
	for i := range pairs {
		name := fmt.Sprint("s", i)
		subscriber := newRawClient(t, dial(t, b.address), name, name, name)
		subscriber.subscribe(t, "chat/user/"+name+"/messages")
		turns := make(chan struct{}, unanswered)
		l.turns = append(l.turns, turns)
		go l.receive(subscriber, turns)
	}
	conn, err := b.dialGateway()
	must(t, err)
	gateway := newRawClient(t, conn, b.gatewayName, b.gatewayPass, "gateway")
	gateway.r = bufio.NewReaderSize(conn, 64<<10)
	t.Cleanup(func() { _ = conn.Close() })
	gateway.subscribe(t, "chat/user/+/send")
	go passOn(gateway)
	for i := range pairs {
		name := fmt.Sprint("p", i)
		publisher := newRawClient(t, dial(t, b.address), name, name, name)
		l.publishers = append(l.publishers, publisher)
		go swallow(publisher)
	}
	return l
}

// run publishes for a while, and answers how many messages a second arrived meanwhile.
func (l *relayed) run(t *testing.T, d time.Duration) float64 {
	t.Helper()
	began, before := time.Now(), l.received.Load()
	l.sending.Store(true)
	var publishing sync.WaitGroup
	for i := range l.publishers {
		publishing.Go(func() { l.publish(i) })
	}
	time.AfterFunc(d, func() { l.sending.Store(false) })
	publishing.Wait()
	perSecond := float64(l.received.Load()-before) / time.Since(began).Seconds()
	l.settle(t)
	return perSecond
}

// settle waits until everything has arrived. Mochi as it comes loses some, which is its limit and not ours.
func (l *relayed) settle(t *testing.T) {
	t.Helper()
	const quiet = 500 * time.Millisecond
	for had, since := int64(-1), time.Now(); l.received.Load() < l.sent.Load(); <-time.After(time.Millisecond) {
		if now := l.received.Load(); now != had {
			had, since = now, time.Now()
		}
		if time.Since(since) < quiet || l.name == ours && time.Since(since) < testenv.Patience {
			continue
		}
		lost := l.sent.Load() - l.received.Load()
		if l.name == ours {
			t.Errorf("%d messages were lost", lost)
		}
		t.Logf("%s: %d messages lost", l.name, lost)
		l.sent.Add(-lost)
		return
	}
}

func (l *relayed) publish(i int) {
	topic, payload := fmt.Sprintf("chat/user/p%d/send", i), []byte(strings.Repeat("x", 200))
	for id := uint16(1); l.sending.Load(); id = max(1, id+1) {
		l.turns[i] <- struct{}{}
		l.sent.Add(1)
		if _, err := l.publishers[i].Write(publishPacket(topic, id, payload)); err != nil {
			return
		}
	}
}

// swallow takes the PUBACKs.
func swallow(c *rawClient) {
	for {
		if _, _, err := c.next(); err != nil {
			return
		}
	}
}

func (l *relayed) receive(c *rawClient, turns <-chan struct{}) {
	for {
		_, body, err := c.next()
		if err != nil {
			return
		}
		_, _ = c.Write(pubackPacket(idOf(body)))
		l.received.Add(1)
		<-turns // room for the next
	}
}

// passOn publishes what p1 sends to s1, and so on, in portions as they come. It never keeps the broker waiting while it writes:
// mochi as it comes would wait for that too, and both for ever.
func passOn(c *rawClient) {
	portions := make(chan []byte, pairs*unanswered)
	defer close(portions)
	go func() {
		for p := range portions {
			_, _ = c.Write(p) // its end shows in reading
		}
	}()
	var out []byte
	for id := uint16(1); ; id = max(1, id+1) {
		kind, body, err := c.next()
		if err != nil {
			return
		}
		if kind>>4 == 3 {
			sender := strings.Split(topicOf(body), "/")[2]
			out = append(out, pubackPacket(idOf(body))...)
			out = append(out, publishPacket("chat/user/s"+sender[1:]+"/messages", id, body[len(topicOf(body))+4:])...)
		}
		if c.r.Buffered() == 0 && len(out) > 0 {
			portions <- out
			out = nil
		}
	}
}

func topicOf(body []byte) string { return string(body[2 : 2+binary.BigEndian.Uint16(body)]) }

func idOf(body []byte) []byte {
	at := 2 + binary.BigEndian.Uint16(body)
	return body[at : at+2]
}
