package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// run is a run under way.
type run struct {
	Config
	*meter
	*cast
	// id begins the client message ids of this run.
	id     string
	calls  *grpcCalls
	driver driver
	steps  []step // by caller
}

// Run puts load on a server and answers what was measured. When the context ends it stops sending and answers what was
// measured until then. An error means that there was nothing to measure.
func Run(ctx context.Context, c Config) (*Result, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	calls, err := dialAll(c.GRPC, c.Connections)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = calls.close() }()
	r := &run{Config: c, meter: &meter{from: c.WarmUp, to: c.WarmUp + c.Duration}, id: newName(), calls: calls}
	// Receivers live until what was sent has arrived, also when the context ends.
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	r.driver = r.newDriver(stop)
	if err := r.prepare(ctx, listening); err != nil {
		r.driver.close()
		return nil, fmt.Errorf("bench: %w", err)
	}
	r.load(ctx)
	r.drain()
	r.driver.close()
	return r.conclude(ctx)
}

func (r *run) newDriver(stop context.CancelFunc) driver {
	switch r.Over {
	case OverMQTT:
		return newMQTT(r.Config, r.failed)
	case OverREST:
		return newREST(r.Config, &r.history)
	default:
		return &grpcListeners{grpcCalls: r.calls, streams: r.Stream, backEnds: r.backEnds(), stop: stop, failed: r.failed}
	}
}

// backEnds are those who send for all, one on each connection, if any.
func (r *run) backEnds() (all []*sendStream) {
	if !r.BackEnd {
		return nil
	}
	for range r.calls.connections {
		all = append(all, &sendStream{chat: r.calls.chat(), as: func(ctx context.Context) context.Context { return asBackEnd(ctx, r.APIKey) }})
	}
	return all
}

// prepare makes the cast and connects it, receivers before senders.
func (r *run) prepare(ctx, listening context.Context) (err error) {
	r.Progress(Progress{Phase: "preparing"})
	if r.cast, err = newCast(ctx, r.Config, r.calls); err != nil {
		return err
	}
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(setUpAtOnce)
	for _, v := range r.conversations {
		if r.Over == OverREST {
			group.Go(func() error { return fill(ctx, r.Config, r.calls, v) })
		}
		for i, who := range v.receivers {
			group.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return r.driver.receiver(listening, who, v, r.hears(v, i))
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return r.connectCallers(ctx)
}

func (r *run) connectCallers(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(setUpAtOnce)
	r.steps = make([]step, len(r.callers))
	for i, from := range r.callers {
		group.Go(func() (err error) {
			r.steps[i], err = r.driver.caller(ctx, from.user, content(r.Config))
			return err
		})
	}
	return group.Wait()
}

func content(c Config) string { return strings.Repeat("x", c.Payload) }

// hears answers what the nth receiver of a conversation does with what it hears.
func (r *run) hears(v *conversation, receiver int) func(heard) {
	return func(h heard) {
		if h.conversationID != v.id {
			r.deliveries.doubled.Add(1) // It is another conversation's, whose receivers it is not for.
			return
		}
		verdict := v.ledger.arrive(receiver, h.arrival)
		r.deliveries.count(verdict)
		if sentAt, ok := r.sentAt(h.clientMessageID); ok && (verdict == received || verdict == outOfOrder) {
			r.count(&r.received, &r.sendToReceive, sentAt)
		}
	}
}

// clientMessageID carries when the message was sent, so that nobody has to remember it.
func (r *run) clientMessageID(caller, n int, sentAt time.Duration) string {
	return fmt.Sprintf("%s-%d-%d-%d", r.id, caller, n, sentAt)
}

// sentAt reads it again; false when the message is not of this run.
func (r *run) sentAt(clientMessageID string) (time.Duration, bool) {
	if !strings.HasPrefix(clientMessageID, r.id+"-") {
		return 0, false
	}
	nanos, err := strconv.ParseInt(clientMessageID[strings.LastIndexByte(clientMessageID, '-')+1:], 10, 64)
	return time.Duration(nanos), err == nil
}

// load lets the callers call until the time is over.
func (r *run) load(ctx context.Context) {
	r.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.to)
	defer cancel()
	var calling sync.WaitGroup
	for i := range r.callers {
		calling.Go(func() { r.call(ctx, i) })
	}
	ended := make(chan struct{})
	go func() { calling.Wait(); close(ended) }()
	r.report(ended, func() Progress {
		phase := "measuring"
		if r.clock() < r.from {
			phase = "warming up"
		}
		return Progress{Phase: phase, Elapsed: min(r.clock(), r.to), Total: r.to}
	})
	r.to = min(r.to, r.clock())
}

// call makes one caller's calls.
func (r *run) call(ctx context.Context, number int) {
	from, pace := r.callers[number], newPace(r.Rate, number, len(r.callers))
	for n := 0; ; n++ {
		at, more := pace.wait(ctx, n, r.clock)
		if !more {
			return
		}
		to := from.turns[n%len(from.turns)]
		got, err := r.steps[number](ctx, to, r.clientMessageID(number, n, at))
		if err != nil {
			r.refused(ctx, err)
			continue
		}
		r.count(&r.acknowledged, &r.sendToAck, at)
		if r.Over != OverREST {
			r.deliveries.count(to.ledger.acknowledge(got.seq, got.message))
		}
		if r.AwaitReceivers {
			r.awaitReceivers(ctx, to.ledger.everyone(got.seq))
		}
	}
}

func (r *run) awaitReceivers(ctx context.Context, everyone <-chan struct{}) {
	timer := time.NewTimer(r.Drain)
	defer timer.Stop()
	select {
	case <-everyone:
	case <-timer.C: // It is late or lost, which is counted elsewhere.
	case <-ctx.Done():
	}
}

// refused counts an error, and waits as long as it says: a server that refuses is not to be asked in a tight loop.
func (r *run) refused(ctx context.Context, err error) {
	why := refusal{reason: err.Error()}
	errors.As(err, &why)
	r.failed(why.reason)
	pause(ctx, max(why.after, 10*time.Millisecond))
}

// reportEvery is how often Progress is called.
const reportEvery = 100 * time.Millisecond

// report tells how far the run is until a phase has ended.
func (r *run) report(ended <-chan struct{}, progress func() Progress) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			p := progress()
			p.Acknowledged, p.Received = r.acknowledged.all.Load(), r.received.all.Load()
			r.Progress(p)
		}
	}
}

// drain waits until everything has arrived, or nothing has for some time.
func (r *run) drain() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		last, since := int64(-1), time.Now()
		for r.owed() > 0 && time.Since(since) < r.Drain {
			<-look.C
			if now := r.received.all.Load(); now != last {
				last, since = now, time.Now()
			}
		}
	}()
	r.report(ended, func() Progress { return Progress{Phase: "draining"} })
}

// owed is how many deliveries have not come.
func (r *run) owed() int64 {
	var owed int64
	for _, v := range r.conversations {
		owed += v.ledger.lost()
	}
	return owed
}

// conclude counts what is lost, looks into the history, and sums up.
func (r *run) conclude(ctx context.Context) (*Result, error) {
	r.Progress(Progress{Phase: "checking"})
	r.deliveries.lost.Add(r.owed())
	if r.Over != OverREST && ctx.Err() == nil {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(setUpAtOnce)
		for _, v := range r.conversations {
			group.Go(func() error { return verifyHistory(ctx, r.calls, v, &r.history) })
		}
		if err := group.Wait(); err != nil && ctx.Err() == nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
	}
	return r.result(ctx.Err() != nil), nil
}
