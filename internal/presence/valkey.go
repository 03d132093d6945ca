package presence

import (
	"context"
	_ "embed" // the scripts
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/palabre/palabre/internal/valkey"
)

// Valkey knows what all processes that share a server were told. While the server is away its methods answer
// valkey.ErrAway, and nothing is known.
type Valkey struct {
	server *valkey.Server

	mu sync.Mutex
	// position is up to which change is known, -1 before the first call of Changes.
	position int64
}

// NewValkey makes a Valkey.
func NewValkey(server *valkey.Server) *Valkey { return &Valkey{server: server, position: -1} }

var (
	//go:embed common.lua
	common string
	//go:embed report.lua
	reportSource string
	//go:embed look.lua
	lookSource string
	//go:embed changes.lua
	changesSource string

	report  = redis.NewScript(common + reportSource)
	look    = redis.NewScript(common + lookSource)
	changes = redis.NewScript(common + changesSource)
	keys    = []string{valkey.Prefix + "{presence}:"}
)

// portion is how many users or sessions a script is given at once: the server does nothing else meanwhile.
const portion = 500

// Report takes note of sessions. An error says that some were not, and that all may be reported again.
func (v *Valkey) Report(ctx context.Context, reports []Report) error {
	for len(reports) > 0 {
		some := reports[:min(portion, len(reports))]
		reports = reports[len(some):]
		args := make([]any, 0, 3*len(some))
		for _, r := range some {
			args = append(args, r.User.String(), r.Session, r.milliseconds())
		}
		if _, err := v.server.Run(ctx, report, keys, args...); err != nil {
			return err
		}
	}
	return nil
}

// milliseconds is for how long the session is held on, 0 when it has ended.
func (r Report) milliseconds() int64 {
	if !r.Online {
		return 0
	}
	return max(1, r.TTL.Milliseconds())
}

// Look answers what is known of users, in their order.
func (v *Valkey) Look(ctx context.Context, users []User) ([]State, error) {
	states := make([]State, 0, len(users))
	for len(users) > 0 {
		some := users[:min(portion, len(users))]
		users = users[len(some):]
		args := make([]any, len(some))
		for i, u := range some {
			args[i] = u.String()
		}
		answer, err := v.server.Run(ctx, look, keys, args...)
		if err != nil {
			return nil, err
		}
		numbers := answer.([]any)
		for i, u := range some {
			states = append(states, state(u, numbers[2*i].(int64), numbers[2*i+1].(int64)))
		}
	}
	return states, nil
}

func state(u User, online, seen int64) State {
	s := State{User: u, Online: online == 1}
	if seen > 0 {
		s.LastSeen = time.UnixMilli(seen)
	}
	return s
}

// Changes answers the present states of those who came or went since the last call, after it has ended the sessions that
// nobody held on. The first call answers none.
func (v *Valkey) Changes(ctx context.Context) ([]State, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	answer, err := v.server.Run(ctx, changes, keys, v.position)
	if err != nil {
		return nil, err
	}
	parts := answer.([]any)
	users := make([]User, len(parts)-1)
	for i := range users {
		users[i] = parseUser(parts[i+1].(string))
	}
	states, err := v.Look(ctx, users)
	if err != nil {
		return nil, err // asked for again
	}
	v.position = parts[0].(int64)
	return states, nil
}
