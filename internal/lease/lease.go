package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// ErrLost is why a work ends that another process has begun.
var ErrLost = errors.New("the lease is lost")

// Lost says that a work ends because another process has begun it.
func Lost(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrLost) }

// Config is what a Lease is made of. All but Owner, Idle and Shy is required.
type Config struct {
	Chat chatv1.ChatServiceClient
	// Component is who asks, such as mqtt; names are of their own for each.
	Component string
	// Name is [a-z0-9_-], at most 32 characters.
	Name string
	// Owner is a name that no other process has; made up when empty.
	Owner string
	// Time is how long after a process was heard of last another takes its place.
	Time   time.Duration
	Logger *slog.Logger
	// Idle hears that this process does not have it: nil when another has, otherwise why that is not known.
	Idle func(error)
	// Shy is how much longer than usual to wait before it is asked for.
	Shy func() time.Duration
}

// Lease makes one of several processes the one that does a work. It has it for a time, and holds it on before that is over;
// when it is killed, another has it when the time is over. That two work at once, because clocks or networks fail, is possible,
// and has to lose nothing.
type Lease struct {
	config Config
}

// New makes a Lease that nobody has yet.
func New(c Config) *Lease {
	if c.Owner == "" {
		c.Owner = rand.Text()
	}
	if c.Idle == nil {
		c.Idle = func(error) {}
	}
	if c.Shy == nil {
		c.Shy = func() time.Duration { return 0 }
	}
	return &Lease{c}
}

// Renewal is how often the lease is held on, or asked for.
func (l *Lease) Renewal() time.Duration { return l.config.Time / 4 }

// Keep works whenever it has the lease, until the context ends. The context of the work ends with ErrLost when another process
// has begun it. The work is told the lease's secret, which every process is that has it; empty from a chat service of before it
// had one.
func (l *Lease) Keep(ctx context.Context, work func(ctx context.Context, secret string)) {
	for {
		asked := time.Now()
		answer, err := l.ask(ctx, l.config.Time)
		switch {
		case answer.GetHeld():
			l.whileHeld(ctx, asked.Add(l.config.Time), func(ctx context.Context) { work(ctx, answer.GetSecret()) })
		case err != nil && ctx.Err() == nil:
			l.config.Logger.WarnContext(ctx, "a lease could not be held", "lease", l.config.Name, "error", err)
			l.config.Idle(err)
		default:
			l.config.Idle(nil)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.Renewal() + l.config.Shy()):
		}
	}
}

// whileHeld works, and holds the lease on until that has ended, so that nobody begins before. The work is ended when the
// lease is lost, or its time is over and nobody says that it is not.
func (l *Lease) whileHeld(ctx context.Context, until time.Time, work func(context.Context)) {
	working, end := context.WithCancelCause(ctx)
	defer end(nil)
	ended := make(chan struct{})
	go func() { defer close(ended); work(working) }()
	ticker := time.NewTicker(l.Renewal())
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			// Given back, so that another goes on at once.
			_, _ = l.Hold(context.WithoutCancel(ctx), 0)
			return
		case <-ticker.C:
		}
		asked := time.Now()
		held, err := l.Hold(context.WithoutCancel(ctx), l.config.Time)
		switch {
		case held:
			until = asked.Add(l.config.Time)
		case err == nil || time.Now().After(until):
			l.config.Logger.WarnContext(ctx, "a lease is lost", "lease", l.config.Name, "error", err)
			end(ErrLost)
		}
	}
}

// Hold asks for the lease for a time; none gives it back. It answers whether this process has it.
func (l *Lease) Hold(ctx context.Context, d time.Duration) (bool, error) {
	answer, err := l.ask(ctx, d)
	return answer.GetHeld(), err
}

// Secret takes the lease for a moment and answers its secret; false while another process has it.
func (l *Lease) Secret(ctx context.Context) (string, bool, error) {
	answer, err := l.ask(ctx, time.Millisecond)
	return answer.GetSecret(), answer.GetHeld(), err
}

// ask may take as long as two renewals, so that a question that is slow does not cost the lease.
func (l *Lease) ask(ctx context.Context, d time.Duration) (*chatv1.HoldLeaseResponse, error) {
	as := auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: l.config.Component})
	ctx, cancel := context.WithTimeout(as, 2*l.Renewal())
	defer cancel()
	return l.config.Chat.HoldLease(ctx, &chatv1.HoldLeaseRequest{Name: l.config.Name, Owner: l.config.Owner, Ttl: durationpb.New(d)})
}
