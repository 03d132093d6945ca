package mqtttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Plan is how many people send how much, and how hard they have it.
type Plan struct {
	// Messages are sent by People, who are a multiple of 4, each one after the other.
	Messages, People int
	// Pause is between a sender's ack and their next message.
	Pause time.Duration
	// Every is how often something is broken.
	Every time.Duration
	// Limit is how long all of it may take.
	Limit time.Duration
}

// restarts is how often the broker is killed in a torture.
const restarts = 2

// Torture has people write while everything between them is broken, one thing after the other, and then holds against each
// other what was acknowledged, what is stored and what each device has.
func Torture(t *testing.T, s Setup, p Plan) Tally {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), p.Limit, errors.New("the torture takes too long"))
	defer cancel()
	r := &torture{t: t, setup: s, plan: p, tally: Tally{Harms: map[string]int{}}}
	r.assemble()
	running, stop := context.WithCancel(ctx)
	var devices sync.WaitGroup
	for _, d := range r.devices {
		devices.Go(func() { d.run(running) })
	}
	r.write(ctx)
	r.settle(ctx)
	stop()
	devices.Wait()
	r.judge()
	return r.tally
}

// torture is one that is under way.
type torture struct {
	t       *testing.T
	setup   Setup
	plan    Plan
	devices []*Device
	rooms   []*room
	of      map[*Device][]*room

	acknowledged atomic.Int64
	mu           sync.Mutex
	tally        Tally
}

// room is a conversation, and what its members were acknowledged.
type room struct {
	id      string
	members []*Device
	sent    atomic.Int64
}

// People are the users of a torture, for brokers that have to know them before. A set-up has one torture at most.
func People(count int) (users []string) {
	for i := range count {
		users = append(users, fmt.Sprintf("torture-%02d", i))
	}
	return users
}

// assemble makes the people, who each are in a group of four and in a conversation of two.
func (r *torture) assemble() {
	for i, user := range People(r.plan.People) {
		r.devices = append(r.devices, newDevice(r.t, r.setup, user, i%2 == 0))
	}
	r.of = map[*Device][]*room{}
	for i := 0; i < len(r.devices); i += 4 {
		r.open(chatv1.Conversation_group, r.devices[i:i+4]...)
	}
	half := len(r.devices) / 2
	for i := range half {
		r.open(chatv1.Conversation_one_to_one, r.devices[i], r.devices[half+i])
	}
}

// open opens a conversation.
func (r *torture) open(kind chatv1.Conversation_Type, members ...*Device) {
	var users []string
	for _, d := range members {
		users = append(users, d.user)
	}
	c := &room{id: r.setup.conversation(r.t, kind, users...), members: members}
	r.rooms = append(r.rooms, c)
	for _, d := range members {
		r.of[d] = append(r.of[d], c)
	}
}

// write has everyone send, and breaks things until all is acknowledged.
func (r *torture) write(ctx context.Context) {
	began := time.Now()
	done := make(chan struct{})
	var senders sync.WaitGroup
	for _, d := range r.devices {
		senders.Go(func() { r.sends(ctx, d) })
	}
	go func() { senders.Wait(); close(done) }()
	r.breakThings(ctx, done)
	<-done
	r.tally.Took = time.Since(began)
}

// sends sends a device's share of the messages, each when the one before is acknowledged.
func (r *torture) sends(ctx context.Context, d *Device) {
	for n := range r.plan.Messages / r.plan.People {
		room := r.of[d][n%len(r.of[d])]
		began := time.Now()
		ack, err := d.send(ctx, room.id, fmt.Sprintf("%s/%06d", d.user, n))
		if err == nil && ack.GetStatus() != chatv1.SendAck_sent {
			err = fmt.Errorf("the ack is %v", ack)
		}
		if err != nil {
			r.t.Errorf("%s: %v", d.user, err)
			return
		}
		room.sent.Add(1)
		r.acknowledged.Add(1)
		r.waited(time.Since(began))
		pause(ctx, r.plan.Pause)
	}
}

func (r *torture) waited(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.LongestAck = max(r.tally.LongestAck, d)
}

// breakThings breaks one thing after the other until everything is sent: the broker after each third of the messages, and
// else what is next in the round.
func (r *torture) breakThings(ctx context.Context, done <-chan struct{}) {
	ticker := time.NewTicker(r.plan.Every)
	defer ticker.Stop()
	round, restart := r.setup.Faults.harms(), r.setup.Faults.restart()
	for next := 0; ; {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		due := int(r.acknowledged.Load()) * (restarts + 1) / r.plan.Messages
		if r.tally.Harms[brokerKilled] < min(due, restarts) {
			r.breaks(ctx, restart)
			continue
		}
		r.breaks(ctx, round[next%len(round)])
		next++
	}
}

func (r *torture) breaks(ctx context.Context, h harm) {
	began := time.Now()
	h.do(ctx)
	r.tally.Harms[h.name]++
	r.t.Logf("%s, for %v; %d of %d acknowledged", h.name, time.Since(began).Round(time.Millisecond), r.acknowledged.Load(), r.plan.Messages)
}

// settle waits until every device has everything that was acknowledged, and each sync is answered.
func (r *torture) settle(ctx context.Context) {
	began := time.Now()
	for _, room := range r.rooms {
		for _, d := range room.members {
			for d.has(room.id) < room.sent.Load() && time.Since(began) < time.Minute && ctx.Err() == nil {
				pause(ctx, 10*time.Millisecond)
			}
		}
	}
	r.tally.Settled = time.Since(began)
}
