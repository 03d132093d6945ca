package mqttgw

import (
	"context"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// batch is what is to be published for one event.
type batch struct {
	publishes []*publish
	// cursor is where the stream stands once all of it is done; at is when the event was committed.
	cursor string
	at     time.Time
}

// publish is one PUBLISH of a batch.
type publish struct {
	topic   topic.Topic
	payload []byte
	token   paho.Token // of the latest attempt
	ends    *batch     // the batch whose last publish it is; nil for the others
}

// acknowledged says that the broker has it. The publish that stands for a batch without any has no topic and nothing to
// wait for.
func (p *publish) acknowledged() bool {
	if p.topic.Kind == 0 {
		return true
	}
	select {
	case <-p.token.Done():
		return p.token.Error() == nil
	default:
		return false
	}
}

// window publishes batches in their order, with so many publishes at most that the broker has not acknowledged. When a
// connection is lost, those are published again on the next one, from the first on.
//
// All but begin, put and progress is done by one goroutine, and needs no lock.
type window struct {
	sessions *client
	limits   Limits
	metrics  *metrics

	in       chan batch
	unsent   []*publish // of the batch taken last
	unacked  []*publish // from the oldest on
	oldestAt time.Time  // since when the first of them is the first, on this connection
	told     int        // progress.events when advanced was last signalled

	progress atomic.Pointer[progress]
	advanced chan struct{} // signals that AcknowledgeEvents more events are done
}

// progress is how far the events are done.
type progress struct {
	cursor string
	events int // since the start
}

func newWindow(c Config, m *metrics, sessions *client) *window {
	w := &window{sessions: sessions, limits: c.Limits, metrics: m, in: make(chan batch), advanced: make(chan struct{}, 1)}
	w.progress.Store(&progress{})
	return w
}

// begin says where the events stand before the first of them, and has the service told at once: until it knows, whoever
// takes over would go on from the present. It changes nothing once there was one.
func (w *window) begin(cursor string) {
	if before := w.progress.Load(); before.cursor == "" && w.progress.CompareAndSwap(before, &progress{cursor: cursor}) {
		select {
		case w.advanced <- struct{}{}:
		default:
		}
	}
}

// put hands a batch over. It waits while the window is full.
func (w *window) put(ctx context.Context, b batch) error {
	select {
	case w.in <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// close says that no batch comes any more.
func (w *window) close() { close(w.in) }

// run publishes until the window is closed and everything is acknowledged, or the context ends.
func (w *window) run(ctx context.Context) {
	for {
		s, err := w.sessions.session(ctx)
		if err != nil || w.runOn(ctx, s) {
			return
		}
	}
}

// runOn publishes on one connection. It answers false when the connection is lost before all is done.
func (w *window) runOn(ctx context.Context, s *session) (done bool) {
	w.oldestAt = time.Now()
	for _, p := range w.unacked {
		if s.over() {
			break
		}
		w.send(s, p)
	}
	check := time.NewTicker(max(w.limits.PubackTimeout/4, time.Millisecond))
	defer check.Stop()
	for {
		w.advance(s)
		if w.in == nil && len(w.unacked) == 0 {
			return true
		}
		select {
		case b, ok := <-w.ready():
			w.accept(b, ok)
		case <-w.oldest():
			if err := failed(w.unacked[0].token); err != nil {
				s.fail(err)
			}
		case <-check.C:
			if len(w.unacked) > 0 && time.Since(w.oldestAt) > w.limits.PubackTimeout {
				s.fail(errNoAnswer)
			}
		case <-s.lost:
			return false
		case <-ctx.Done():
			return true
		}
	}
}

// ready is where the next batch comes from, and nil while there is no room for one.
func (w *window) ready() <-chan batch {
	if len(w.unsent) > 0 || len(w.unacked) >= w.limits.Window {
		return nil
	}
	return w.in
}

// oldest is done when the broker has acknowledged the first of the unacked, and nil when there is none.
func (w *window) oldest() <-chan struct{} {
	if len(w.unacked) == 0 {
		return nil
	}
	return w.unacked[0].token.Done()
}

func (w *window) accept(b batch, ok bool) {
	if !ok {
		w.in = nil
		return
	}
	if len(b.publishes) == 0 {
		b.publishes = []*publish{{}}
	}
	b.publishes[len(b.publishes)-1].ends = &b
	w.unsent = b.publishes
}

// advance sends what there is room for, and takes off what is acknowledged, until neither is possible.
func (w *window) advance(s *session) {
	for {
		switch {
		case len(w.unacked) > 0 && w.unacked[0].acknowledged():
			w.settle(w.unacked[0])
			w.unacked[0] = nil
			w.unacked = w.unacked[1:]
			w.oldestAt = time.Now()
		case len(w.unsent) > 0 && len(w.unacked) < w.limits.Window && !s.over():
			if len(w.unacked) == 0 {
				w.oldestAt = time.Now()
			}
			w.send(s, w.unsent[0])
			w.unacked = append(w.unacked, w.unsent[0])
			w.unsent = w.unsent[1:]
		default:
			w.metrics.unacked.Set(float64(len(w.unacked)))
			return
		}
	}
}

func (w *window) send(s *session, p *publish) {
	if p.topic.Kind == 0 {
		return
	}
	p.token = s.publish(p.topic.String(), 1, p.payload)
	w.metrics.published.WithLabelValues(p.topic.Kind.String()).Inc()
	if err := failed(p.token); err != nil {
		s.fail(err)
	}
}

// settle moves the cursor when a batch is done with a publish.
func (w *window) settle(p *publish) {
	if p.ends == nil {
		return
	}
	events := w.progress.Load().events + 1
	w.progress.Store(&progress{p.ends.cursor, events})
	w.metrics.events.Inc()
	w.metrics.lag.Set(time.Since(p.ends.at).Seconds())
	if events-w.told < w.limits.AcknowledgeEvents {
		return
	}
	w.told = events
	select {
	case w.advanced <- struct{}{}:
	default:
	}
}
