package presence

import (
	"context"
	"sync"
	"time"
)

// Memory knows what this process was told.
type Memory struct {
	now func() time.Time

	mu sync.Mutex
	// online has the sessions of each user, and when each is over.
	online map[User]map[string]time.Time
	seen   map[User]time.Time
	// changed are those whose state changed since the last call of Changes.
	changed map[User]struct{}
}

// maxSeen is of how many who are away it is known when they were there; of more, some are forgotten.
const maxSeen = 100_000

// NewMemory makes a Memory; the clock is time.Now when nil.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, online: map[User]map[string]time.Time{}, seen: map[User]time.Time{}, changed: map[User]struct{}{}}
}

// Report takes note of sessions. It answers no error.
func (m *Memory) Report(_ context.Context, reports []Report) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for _, r := range reports {
		if r.Online {
			m.hold(r, now)
		} else {
			m.end(r, now)
		}
	}
	return nil
}

func (m *Memory) hold(r Report, now time.Time) {
	sessions := m.online[r.User]
	if sessions == nil {
		sessions = map[string]time.Time{}
		m.online[r.User] = sessions
		m.changed[r.User] = struct{}{}
	}
	sessions[r.Session] = now.Add(r.TTL)
}

func (m *Memory) end(r Report, now time.Time) {
	sessions, online := m.online[r.User]
	delete(sessions, r.Session)
	if online && len(sessions) == 0 {
		m.leave(r.User, now)
	}
}

func (m *Memory) leave(u User, now time.Time) {
	delete(m.online, u)
	m.changed[u] = struct{}{}
	m.seen[u] = now
	for other := range m.seen {
		if len(m.seen) <= maxSeen {
			break
		}
		delete(m.seen, other)
	}
}

// Look answers what is known of users, in their order. It answers no error.
func (m *Memory) Look(_ context.Context, users []User) ([]State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	states := make([]State, len(users))
	for i, u := range users {
		states[i] = m.state(u)
	}
	return states, nil
}

func (m *Memory) state(u User) State {
	if _, online := m.online[u]; online {
		return State{User: u, Online: true}
	}
	return State{User: u, LastSeen: m.seen[u]}
}

// Changes answers the present states of those who came or went since the last call, after it has ended the sessions that
// nobody held on. It answers no error.
func (m *Memory) Changes(context.Context) ([]State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(m.now())
	states := make([]State, 0, len(m.changed))
	for u := range m.changed {
		states = append(states, m.state(u))
	}
	clear(m.changed)
	return states, nil
}

func (m *Memory) expire(now time.Time) {
	for u, sessions := range m.online {
		for id, over := range sessions {
			if now.After(over) {
				delete(sessions, id)
			}
		}
		if len(sessions) == 0 {
			m.leave(u, now)
		}
	}
}
