package testenv_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
)

// How people write under load: alice over gRPC, from some devices that repeat what was not acknowledged; carol over MQTT,
// who publishes each message once.
const (
	aliceDevices = 8
	alicePause   = 100 * time.Millisecond
	carolPause   = 100 * time.Millisecond
	// attemptTime is how long alice waits for an answer.
	attemptTime = 2 * time.Second
	// spared is how many bytes a process may grow by during a fault: what waits for its end is bounded.
	spared = 128 << 20
	// recovered is how long it may take, once a fault is over, until everybody is served again; on a busy machine.
	recovered = 20 * time.Second
)

// load is people who write to a group while something is done to the server. What was acknowledged, what is stored and
// what bob received, who listens all the time, are held against each other by ends.
type load struct {
	t            *testing.T
	env          *testenv.Env
	alice        *testenv.Person
	carol        *testenv.Person
	bob          *testenv.Person
	conversation string

	chat    chatv1.ChatServiceClient
	memory  float64 // in bytes, before the fault
	ctx     context.Context
	end     chan struct{}
	writing sync.WaitGroup

	mu           sync.Mutex
	acknowledged map[string]*chatv1.Message // alice's, by content
	refused      int                        // how often alice was told to try again
	refusal      error                      // what she was told last
	// changed is closed when alice is acknowledged a message.
	changed   chan struct{}
	published atomic.Int64 // carol's
	acks      int64        // of carol's, that were awaited
}

// startLoad lets people write, until ends.
func startLoad(t *testing.T, env *testenv.Env) *load {
	t.Helper()
	l := &load{
		t: t, env: env, alice: env.NewPerson(t, "alice"), carol: env.Person(t, "carol"), bob: env.NewPerson(t, "bob"),
		end: make(chan struct{}), acknowledged: map[string]*chatv1.Message{},
		changed: make(chan struct{}),
	}
	l.bob.ConnectsWithSession()
	l.conversation = group(t, l.alice, "bob", "carol").GetId()
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l.chat = chatv1.NewChatServiceClient(conn)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	l.ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+l.alice.Token)
	t.Cleanup(func() { cancel(); l.writing.Wait() })
	for device := range aliceDevices {
		l.writing.Go(func() { l.repeat(alicePause, func(n int) { l.sends(fmt.Sprintf("alice-%d-%d", device, n)) }) })
	}
	l.writing.Go(func() { l.repeat(carolPause, l.publishes) })
	l.moves()
	l.memory = residentMemory(t, env)
	return l
}

// repeat does something until the load ends.
func (l *load) repeat(pause time.Duration, do func(n int)) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-l.end:
			return
		case <-l.ctx.Done():
			return
		case <-ticker.C:
			do(n)
		}
	}
}

// sends sends a message of alice's until it is acknowledged.
func (l *load) sends(content string) {
	for l.ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(l.ctx, attemptTime)
		m, err := l.chat.SendMessage(attempt, &chatv1.SendMessageRequest{
			ConversationId: l.conversation, ClientMessageId: content, Content: content,
		}, grpc.WaitForReady(true))
		cancel()
		if err == nil {
			l.takes(m)
			return
		}
		l.refuses(err)
	}
}

func (l *load) takes(m *chatv1.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[m.GetContent()] = m
	close(l.changed)
	l.changed = make(chan struct{})
}

// refuses notes that alice is to try again. What would not pass by itself fails the test.
func (l *load) refuses(err error) {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded:
	case codes.Canceled: // the test is over
	default:
		l.t.Errorf("a send is answered %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
	l.refusal = err
}

// publishes lets carol publish, once.
func (l *load) publishes(n int) {
	l.published.Add(1)
	content := fmt.Sprintf("carol-%d", n)
	l.carol.Throws("chat/user/carol/send", &chatv1.SendPayload{
		ConversationId: l.conversation, ClientMessageId: content, Content: content,
	})
}

// moves waits until alice and carol are each acknowledged something that they send from now on, and carol all that she sent
// before, and answers how long that took.
func (l *load) moves() time.Duration {
	l.t.Helper()
	began := time.Now()
	deadline := time.After(2 * recovered)
	for before := l.sent(); l.sent() < before+2*aliceDevices; { // of a device at least one that it began after now
		select {
		case <-l.next():
		case <-deadline:
			l.t.Fatalf("alice is acknowledged nothing any more, but told %v", l.lastRefusal())
		}
	}
	l.awaitAcks(l.published.Load() + 1)
	return time.Since(began)
}

// awaitAcks waits until carol was acknowledged so many messages since the start.
func (l *load) awaitAcks(count int64) {
	l.t.Helper()
	for ; l.acks < count; l.acks++ {
		if ack := l.carol.Ack(); ack.GetStatus() != chatv1.SendAck_sent {
			l.t.Fatalf("carol's ack is %v", ack)
		}
	}
}

func (l *load) sent() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acknowledged)
}

func (l *load) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *load) lastRefusal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal
}

// refusals is how often alice was told to try again.
func (l *load) refusals() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// recovers waits until everybody is served again, now that the fault is over.
func (l *load) recovers() {
	l.t.Helper()
	took := l.moves()
	l.t.Logf("everybody is served again after %v", took.Round(time.Millisecond))
	if took > recovered {
		l.t.Errorf("that is longer than %v", recovered)
	}
	l.env.AwaitReady(l.t)
	if now := residentMemory(l.t, l.env); now > l.memory+spared {
		l.t.Errorf("%.0f MiB of memory have become %.0f", l.memory/(1<<20), now/(1<<20))
	}
}

// residentMemory is that of the process that has the HTTP gateway.
func residentMemory(t *testing.T, env *testenv.Env) float64 {
	t.Helper()
	return metric(t, env, "process_resident_memory_bytes")
}

// isRefused waits until alice was told to try again as often as she has devices.
func (l *load) isRefused() {
	l.t.Helper()
	deadline := time.Now().Add(testenv.Patience)
	for want := l.refusals() + aliceDevices; l.refusals() < want; {
		if time.Now().After(deadline) {
			l.t.Fatalf("alice was told to try again %v times", l.refusals())
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // there is nothing to wait for but the load itself
	}
}

// ends lets everyone finish, and holds against each other what was acknowledged, what is stored and what bob received.
func (l *load) ends() {
	l.t.Helper()
	close(l.end)
	l.writing.Wait()
	l.awaitAcks(l.published.Load())
	stored := storedOnce(l.t, l.alice, l.conversation)
	if want := len(l.acknowledged) + int(l.published.Load()); len(stored) != want {
		l.t.Errorf("%d messages are stored, %d were acknowledged", len(stored), want)
	}
	for content, m := range l.acknowledged {
		if was := stored[content]; was.GetId() != m.GetId() || was.GetSeq() != m.GetSeq() {
			l.t.Errorf("acknowledged was %v, stored is %v", m, was)
		}
	}
	for last := int64(0); last < int64(len(stored)); {
		// He may receive again what he has, but nothing before what comes before it.
		if seq := l.bob.Receives("message.created").GetMessage().GetSeq(); seq == last+1 {
			last = seq
		} else if seq > last {
			l.t.Fatalf("after seq %d bob receives %d", last, seq)
		}
	}
	l.t.Logf("%d messages, alice was told to try again %v times", len(stored), l.refused)
}

// storedOnce answers a conversation's messages by their contents. They have to be in order and without gaps, and none
// there twice.
func storedOnce(t *testing.T, p *testenv.Person, conversation string) map[string]*chatv1.Message {
	t.Helper()
	stored := map[string]*chatv1.Message{}
	for last := int64(0); ; {
		page := history(t, p, conversation, fmt.Sprintf("?afterSeq=%d&limit=200", last))
		if len(page) == 0 {
			return stored
		}
		for _, m := range page {
			if last++; m.GetSeq() != last {
				t.Fatalf("after seq %d comes %d", last-1, m.GetSeq())
			}
			if stored[m.GetContent()] != nil {
				t.Errorf("%s is stored twice", m.GetContent())
			}
			stored[m.GetContent()] = m
		}
	}
}

// isNotReady waits until /readyz says that something is missing.
func isNotReady(t *testing.T, env *testenv.Env) {
	t.Helper()
	deadline := time.Now().Add(testenv.Patience)
	for env.Call(t, http.MethodGet, "/readyz", nil, nil).Status != http.StatusServiceUnavailable {
		if time.Now().After(deadline) {
			t.Fatal("/readyz says that nothing is missing")
		}
	}
}

// metric is the sum of a metric's values, over its labels, as the process that has the HTTP gateway tells it.
func metric(t *testing.T, env *testenv.Env, name string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(string(env.Call(t, http.MethodGet, "/metrics", nil, nil).Body)) {
		sample, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if sample != name && !strings.HasPrefix(sample, name+"{") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return sum
}
