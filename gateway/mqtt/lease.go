package mqttgw

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

// lease makes one of several gateways the one that has a slot. It has it for a time, and holds it on before that is over; when it
// is killed, another has it when the time is over. That two are active at once, because clocks or networks fail, loses
// nothing: the broker lets one of them have the session, and what both do is done once.
type lease struct {
	chat    chatv1.ChatServiceClient
	name    string
	owner   string
	renewal time.Duration
	time    time.Duration
	log     *slog.Logger
	// idle hears that this gateway does not have it: nil when another has, otherwise why that is not known.
	idle func(error)
	// shy is how much longer than usual to wait before it is asked for.
	shy func() time.Duration
}

// errLeaseLost is why a term ends that another gateway has begun.
var errLeaseLost = errors.New("the lease is lost")

func lostLease(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errLeaseLost) }

func newLease(c Config, name string, idle func(error)) *lease {
	return &lease{
		chat: c.Chat, name: name, owner: rand.Text(), log: c.Logger, idle: idle,
		renewal: c.Limits.LeaseTime / 4, time: c.Limits.LeaseTime,
		shy: func() time.Duration { return 0 },
	}
}

// keep works whenever it has the lease, until the context ends.
func (l *lease) keep(ctx context.Context, work func(context.Context)) {
	for {
		asked := time.Now()
		held, err := l.hold(ctx, l.time)
		switch {
		case held:
			l.log.InfoContext(ctx, "this gateway has a slot at the broker now", "slot", l.name)
			l.whileHeld(ctx, asked.Add(l.time), work)
		case err != nil && ctx.Err() == nil:
			l.log.WarnContext(ctx, "a lease could not be held", "slot", l.name, "error", err)
			l.idle(err)
		default:
			l.idle(nil)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.renewal + l.shy()):
		}
	}
}

// whileHeld works, and holds the lease on until that has ended, so that nobody begins before. The work is ended when the
// lease is lost, or its time is over and nobody says that it is not.
func (l *lease) whileHeld(ctx context.Context, until time.Time, work func(context.Context)) {
	working, end := context.WithCancelCause(ctx)
	defer end(nil)
	ended := make(chan struct{})
	go func() { defer close(ended); work(working) }()
	ticker := time.NewTicker(l.renewal)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			// Given back, so that another goes on at once.
			_, _ = l.hold(context.WithoutCancel(ctx), 0)
			return
		case <-ticker.C:
		}
		asked := time.Now()
		held, err := l.hold(context.WithoutCancel(ctx), l.time)
		switch {
		case held:
			until = asked.Add(l.time)
		case err == nil || time.Now().After(until):
			l.log.WarnContext(ctx, "this gateway has lost its slot at the broker", "slot", l.name, "error", err)
			end(errLeaseLost)
		}
	}
}

// hold asks for the lease for a time; none gives it back. A question may take as long as two renewals, so that one that is
// slow does not cost the lease.
func (l *lease) hold(ctx context.Context, d time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}), 2*l.renewal)
	defer cancel()
	answer, err := l.chat.HoldLease(ctx, &chatv1.HoldLeaseRequest{Name: l.name, Owner: l.owner, Ttl: durationpb.New(d)})
	return answer.GetHeld(), err
}
