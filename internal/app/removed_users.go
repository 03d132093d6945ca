package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

const (
	// removedAfter is how often the directory is asked whether those who are connected are still in it.
	removedAfter = 2 * time.Second
	// askedAtOnce is how many the directory answers.
	askedAtOnce = 200
)

var errRemoved = errors.New("the user was removed from the directory, and this token is from before")

// removedUsers ends the connections of users who were taken out of the directory, and lets nobody in again with a token from
// before. Everybody gets into the directory by connecting, so it counts who was in it once and is not any more; while it does
// not answer, nobody is cut.
type removedUsers struct {
	broker.Authenticator
	directory audiencev1.AudienceServiceClient
	logger    *slog.Logger

	known map[member]bool // of run: connected, and seen in the directory

	mu      sync.Mutex
	removed map[member]time.Time // the end of the newest token that they had
}

type member struct{ application, user string }

func newRemovedUsers(next broker.Authenticator, directory audiencev1.AudienceServiceClient, logger *slog.Logger) *removedUsers {
	return &removedUsers{
		Authenticator: next, directory: directory, logger: logger,
		known: map[member]bool{}, removed: map[member]time.Time{},
	}
}

// Token answers the principal of a token.
func (r *removedUsers) Token(ctx context.Context, token string) (auth.Principal, error) {
	p, err := r.Authenticator.Token(ctx, token)
	if err != nil || p.Kind != auth.KindUser {
		return p, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ends, removed := r.removed[member{p.ApplicationID, p.UserID}]; removed && !p.ExpiresAt.After(ends) {
		return auth.Principal{}, errRemoved
	}
	return p, nil
}

// run asks until the context ends.
func (r *removedUsers) run(ctx context.Context, b *broker.Broker) error {
	ticker := time.NewTicker(removedAfter)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.check(ctx, b)
		case <-ctx.Done():
			return nil
		}
	}
}

// check compares those who are connected with the directory.
func (r *removedUsers) check(ctx context.Context, b *broker.Broker) {
	connected := map[string]map[string]time.Time{} // the ends of their tokens, by application and user
	for _, u := range b.Users() {
		if connected[u.ApplicationID] == nil {
			connected[u.ApplicationID] = map[string]time.Time{}
		}
		connected[u.ApplicationID][u.UserID] = u.ExpiresAt
	}
	known := map[member]bool{}
	for application, users := range connected {
		for some := range slices.Chunk(slices.Collect(maps.Keys(users)), askedAtOnce) {
			there, err := r.inDirectory(ctx, application, some)
			for _, id := range some {
				m := member{application, id}
				if err == nil && !there[id] && r.known[m] {
					r.remove(ctx, b, m, users[id])
				}
				known[m] = there[id] || err != nil && r.known[m]
			}
		}
	}
	r.known = known
	r.forget()
}

func (r *removedUsers) inDirectory(ctx context.Context, application string, users []string) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, removedAfter)
	defer cancel()
	ctx = auth.ActAs(ctx, auth.Principal{ApplicationID: application, Kind: auth.KindPeer, Peer: "mqtt"})
	answer, err := r.directory.ListUsers(ctx, &audiencev1.ListUsersRequest{UserIds: users, Limit: askedAtOnce})
	if err != nil {
		r.logger.DebugContext(ctx, "the directory could not be asked who is in it", "error", err)
		return nil, err
	}
	there := map[string]bool{}
	for _, u := range answer.GetUsers() {
		there[u.GetUserId()] = true
	}
	return there, nil
}

func (r *removedUsers) remove(ctx context.Context, b *broker.Broker, m member, ends time.Time) {
	r.mu.Lock()
	r.removed[m] = ends
	r.mu.Unlock()
	b.End(m.application, m.user)
	r.logger.InfoContext(ctx, "the connections of a user were ended who is not in the directory any more",
		"application", m.application, "user_id", m.user)
}

// forget drops those whose tokens are over by themselves.
func (r *removedUsers) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m, ends := range r.removed {
		if !ends.IsZero() && ends.Before(time.Now()) {
			delete(r.removed, m)
		}
	}
}
