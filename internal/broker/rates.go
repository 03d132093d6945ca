package broker

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// burstSeconds is for how long somebody may save up what they may do in a second.
const burstSeconds = 10

// rates say how often each of many may do something. One who has not done it for burstSeconds is forgotten sooner or later,
// so that their number is bounded by what happens in that time.
type rates[K comparable] struct {
	perSecond int

	mu      sync.Mutex
	by      map[K]*rate.Limiter
	sweepAt int // the number at which to look for those to forget
}

const leastSweep = 1024

func newRates[K comparable](perSecond int) *rates[K] {
	return &rates[K]{perSecond: perSecond, by: map[K]*rate.Limiter{}, sweepAt: leastSweep}
}

// of answers the limiter of one.
func (r *rates[K]) of(one K) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.by[one]
	if l == nil {
		if len(r.by) >= r.sweepAt {
			r.sweep()
		}
		l = rate.NewLimiter(rate.Limit(r.perSecond), burstSeconds*r.perSecond)
		r.by[one] = l
	}
	return l
}

func (r *rates[K]) sweep() {
	for one, l := range r.by {
		if l.Tokens() >= float64(l.Burst()) {
			delete(r.by, one)
		}
	}
	r.sweepAt = max(leastSweep, 2*len(r.by))
}

// paces are how fast a session may publish: as its user, and as one from its address. Looked up with the first PUBLISH: most
// clients only listen.
type paces struct{ user, address *rate.Limiter }

// pace holds a session back that publishes too fast: it is not read from for as long as it is ahead. Nothing is lost.
func (b *Broker) pace(s *session) {
	if s.paces.user == nil {
		s.paces.user = b.publishesByUser.of(s.user)
		if countable(s.conn.ip) {
			s.paces.address = b.publishesByIP.of(network(s.conn.ip))
		}
	}
	b.holdBack(s, s.paces.user, "user_rate")
	if s.paces.address != nil {
		b.holdBack(s, s.paces.address, "address_rate")
	}
}

func (b *Broker) holdBack(s *session, l *rate.Limiter, reason string) {
	if l.Allow() {
		return
	}
	b.metrics.publishesDelayed.WithLabelValues(reason).Inc()
	w := wait{ctx: b.alive, over: s.conn.closed, limit: l.Reserve().Delay()}
	defer w.end()
	w.until(nil)
}

// yield says for how long a session that took over another keeps its client id to itself. A few are free: phones change
// networks. Two clients with one id would take it from each other for ever, as fast as they can.
func yield(takeovers, free int) time.Duration {
	const longest, doublings = time.Minute, 6
	if takeovers <= free {
		return 0
	}
	return min(time.Second<<min(takeovers-free-1, doublings), longest)
}
