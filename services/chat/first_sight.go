package chat

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// seenCount is of how many users a process remembers that their claims were passed on.
	seenCount = 50_000
	// ensureTimeout is how long a call may wait for the directory to know its caller.
	ensureTimeout = 300 * time.Millisecond
	// After a failure the directory is left alone for a while, so that one that is away does not slow every call; an older
	// one that does not know the method is left alone for longer.
	failureRest = time.Second
	ignoredRest = time.Minute
)

// firstSight tells the directory of users whose tokens it has not seen, or not with these claims.
type firstSight struct {
	audience audiencev1.AudienceServiceClient
	now      func() time.Time
	logger   *slog.Logger
	seed     maphash.Seed
	// restUntil is when the directory is asked again, in Unix nanoseconds.
	restUntil atomic.Int64

	mu   sync.RWMutex
	seen map[person]uint64 // a hash of the claims
}

func newFirstSight(audience audiencev1.AudienceServiceClient, now func() time.Time, logger *slog.Logger) *firstSight {
	return &firstSight{audience: audience, now: now, logger: logger, seed: maphash.MakeSeed(), seen: map[person]uint64{}}
}

// Observe is told of everyone who makes a call. What a user's token says of them is in the directory once this returns,
// unless the directory is away: then the call goes on without, and a later one tries again.
func (s *Service) Observe(ctx context.Context, p auth.Principal) { s.firstSight.observe(ctx, p) }

// observe looks only at users whose claims come from a token. An MQTT topic proves who someone is and says nothing else of
// them; services say of users what they know by UpsertUsers.
func (f *firstSight) observe(ctx context.Context, p auth.Principal) {
	if p.Kind != auth.KindUser || p.ExpiresAt.IsZero() {
		return
	}
	who, claims := person{p.ApplicationID, p.UserID}, f.hash(p)
	if f.knows(who, claims) || f.now().UnixNano() < f.restUntil.Load() {
		return
	}
	err := f.ensure(ctx, p)
	if err != nil {
		f.failed(ctx, err)
	}
	// Claims that the directory does not take would not be taken the next time either.
	if err == nil || rpcerr.Code(err) == codes.InvalidArgument {
		f.remember(who, claims)
	}
}

func (f *firstSight) hash(p auth.Principal) uint64 {
	type claims struct{ name, role, entityID string }
	return maphash.Comparable(f.seed, claims{p.Name, p.Role, p.EntityID})
}

func (f *firstSight) knows(who person, claims uint64) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	known, ok := f.seen[who]
	return ok && known == claims
}

// remember begins anew when it is full, which is rare and costs a call for each user who comes again.
func (f *firstSight) remember(who person, claims uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) >= seenCount {
		clear(f.seen)
	}
	f.seen[who] = claims
}

func (f *firstSight) ensure(ctx context.Context, p auth.Principal) error {
	ctx, cancel := context.WithTimeout(asComponent(ctx, p.ApplicationID), ensureTimeout)
	defer cancel()
	_, err := f.audience.EnsureUsers(ctx, &audiencev1.EnsureUsersRequest{
		Users: []*audiencev1.User{{UserId: p.UserID, Name: p.Name, Role: p.Role, EntityId: p.EntityID}},
	})
	return err
}

// failed gives the directory a rest, unless it was the caller who went away, or whose claims it does not take.
func (f *firstSight) failed(ctx context.Context, err error) {
	level, rest := slog.LevelWarn, failureRest
	switch rpcerr.Code(err) {
	case codes.Unimplemented:
		level, rest = slog.LevelDebug, ignoredRest
	case codes.Canceled:
		level, rest = slog.LevelDebug, 0
	case codes.InvalidArgument:
		rest = 0
	}
	f.restUntil.Store(f.now().Add(rest).UnixNano())
	f.logger.Log(ctx, level, "a user could not be noted in the directory", "error", err, "rest", rest)
}
