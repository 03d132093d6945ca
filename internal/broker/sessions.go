package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/palabre/palabre/internal/auth"
)

var (
	errUserLimit    = errors.New("broker: too many sessions of this user")
	errTakeoverLoop = errors.New("broker: a client id that changes hands too often")
)

// steady is how long a session must have lasted for being taken over to be nothing unusual.
const steady = 10 * time.Second

// sessions knows every session, by user. A session is put in by admit, taken out by remove, and between the two it is
// live until end.
type sessions struct {
	perUser, takeovers int

	mu     sync.Mutex
	byUser map[user]map[string]*session
}

func newSessions(l Limits) *sessions {
	return &sessions{perUser: l.SessionsPerUser, takeovers: l.Takeovers, byUser: map[user]map[string]*session{}}
}

// admit makes s the live session of its client id. A live one before it is ended with takeOver and waited for until ctx
// is done, with its error: mochi may delete the new session when both overlap. It fails with errTakeoverLoop when that has
// happened too often, and then the one before stays. Otherwise admit fails with errUserLimit, or
// answers the sessions that were taken out to keep within the limit.
func (ss *sessions) admit(ctx context.Context, s *session, takeOver func(*session)) (evicted []*session, err error) {
	for {
		ss.mu.Lock()
		before := ss.byUser[s.user][s.id]
		if before == nil || !before.live {
			defer ss.mu.Unlock()
			return ss.putLocked(s)
		}
		loops := !s.gateway && time.Now().Before(before.yields)
		ss.mu.Unlock()
		if loops {
			return nil, errTakeoverLoop
		}
		s.takenFrom(before)
		takeOver(before)
		select {
		case <-before.ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// takenFrom counts takeovers in a row.
func (s *session) takenFrom(before *session) {
	if time.Since(before.began) < steady {
		s.takeovers = before.takeovers + 1
	}
}

func (ss *sessions) putLocked(s *session) (evicted []*session, err error) {
	set := ss.byUser[s.user]
	if set == nil {
		set = map[string]*session{}
		ss.byUser[s.user] = set
	}
	before, replaces := set[s.id]
	if !s.gateway && !replaces {
		if evicted, err = makeRoom(set, ss.perUser); err != nil {
			return evicted, err
		}
	}
	set[s.id] = s
	s.live, s.before, s.began = true, before, time.Now()
	s.yields = s.began.Add(yield(s.takeovers, ss.takeovers))
	return evicted, nil
}

// makeRoom takes the sessions out of set that ended first, until one more is within limit. Live ones stay.
func makeRoom(set map[string]*session, limit int) (evicted []*session, err error) {
	for len(set) >= limit {
		var oldest *session
		for _, s := range set {
			if !s.live && (oldest == nil || s.endedAt.Before(oldest.endedAt)) {
				oldest = s
			}
		}
		if oldest == nil {
			return evicted, errUserLimit
		}
		delete(set, oldest.id)
		evicted = append(evicted, oldest)
	}
	return evicted, nil
}

// end says that the connection of s is over; its state stays when kept is true.
func (ss *sessions) end(s *session, kept bool) {
	ss.mu.Lock()
	s.live, s.endedAt = false, time.Now()
	if !kept {
		ss.removeLocked(s)
	}
	ss.mu.Unlock()
	close(s.ended)
}

// remove forgets s.
func (ss *sessions) remove(s *session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.removeLocked(s)
}

func (ss *sessions) removeLocked(s *session) {
	set := ss.byUser[s.user]
	if set[s.id] == s {
		delete(set, s.id)
	}
	if len(set) == 0 {
		delete(ss.byUser, s.user)
	}
}

// users answers those who have a live session.
func (ss *sessions) users() []ConnectedUser {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	var list []ConnectedUser
	for u, set := range ss.byUser {
		if ends, connected := newestToken(set); connected {
			list = append(list, ConnectedUser{u.application, u.subject, ends})
		}
	}
	return list
}

// newestToken answers the end of the token that lasts longest, of the live sessions of a user.
func newestToken(set map[string]*session) (ends time.Time, connected bool) {
	for _, s := range set {
		if !s.live || s.principal.Kind != auth.KindUser {
			continue
		}
		if at := s.principal.ExpiresAt; !connected || at.IsZero() || !ends.IsZero() && at.After(ends) {
			ends = at
		}
		connected = true
	}
	return ends, connected
}

// of answers the sessions of a user, live or kept.
func (ss *sessions) of(u user) (live, kept []*session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, s := range ss.byUser[u] {
		if s.live {
			live = append(live, s)
		} else {
			kept = append(kept, s)
		}
	}
	return live, kept
}
