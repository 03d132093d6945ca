package flood

import (
	"context"
	_ "embed" // the scripts
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/palabre/palabre/internal/valkey"
)

// Valkey counts for all processes that share a server, by the server's clock. While the server is away, each process counts
// by itself, from nothing: then someone may send as much in each, and what was sent meanwhile does not count afterwards.
type Valkey struct {
	server *valkey.Server
	alone  *Memory
	now    func() time.Time
}

// NewValkey makes a Valkey. A clock takes the place of the server's, for tests; nil otherwise.
func NewValkey(server *valkey.Server, now func() time.Time) *Valkey {
	return &Valkey{server: server, alone: NewMemory(now), now: now}
}

var (
	//go:embed take.lua
	takeSource string
	take       = redis.NewScript(takeSource)
	giveBack   = redis.NewScript(`return redis.call('LREM', KEYS[1], 1, ARGV[1])`)
)

// Take takes a slot of a sender; or answers after how long one will be free.
func (v *Valkey) Take(ctx context.Context, sender string, limit Limit) (Slot, time.Duration) {
	answer, err := v.server.Run(ctx, take, v.keys(sender), limit.Messages, limit.Window.Microseconds(), v.time())
	if err != nil {
		return v.alone.Take(ctx, sender, limit)
	}
	numbers := answer.([]any)
	at, wait := numbers[0].(int64), numbers[1].(int64)
	return Slot{at: at}, time.Duration(wait) * time.Microsecond
}

// GiveBack undoes a Take. When the server is away by now, the slot is taken until it expires.
func (v *Valkey) GiveBack(ctx context.Context, sender string, slot Slot) {
	if slot.here {
		v.alone.GiveBack(ctx, sender, slot)
		return
	}
	_, _ = v.server.Run(ctx, giveBack, v.keys(sender), slot.at)
}

func (v *Valkey) keys(sender string) []string { return []string{valkey.Prefix + "flood:" + sender} }

// time is what the script takes for now: nothing, so that it asks the server.
func (v *Valkey) time() any {
	if v.now == nil {
		return ""
	}
	return micros(v.now)
}
