package chat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// A name may be this old, that there is none a little less, and this many are kept: names are for show, and asking for one
// at every send would double the work of sending.
const (
	nameAge   = time.Minute
	noNameAge = 5 * time.Second
	nameCount = 50_000
	// What ListUsers takes at once.
	nameBatch = 200
)

// nameCache knows what the directory says of people, and what visitors call themselves.
type nameCache struct {
	audience audiencev1.AudienceServiceClient
	visitors VisitorStore
	now      func() time.Time
	logger   *slog.Logger

	mu    sync.Mutex
	names map[person]cachedName
}

type person struct{ applicationID, userID string }

// known is what the directory says of someone: nothing of whom it does not have.
type known struct {
	name, role string
	since      *timestamppb.Timestamp
}

type cachedName struct {
	known
	until time.Time
}

func newNameCache(audience audiencev1.AudienceServiceClient, visitors VisitorStore, now func() time.Time, logger *slog.Logger) *nameCache {
	return &nameCache{audience: audience, visitors: visitors, now: now, logger: logger, names: map[person]cachedName{}}
}

// of answers one user's name, empty when the directory does not know it or cannot be asked.
func (n *nameCache) of(ctx context.Context, applicationID, userID string) string {
	return n.person(ctx, applicationID, userID).name
}

// person answers what the directory says of a user.
func (n *nameCache) person(ctx context.Context, applicationID, userID string) known {
	if who, ok := n.remembered(applicationID, userID); ok {
		return who
	}
	return n.lookUp(ctx, applicationID, []string{userID})[userID]
}

// personSoon is person for callers that can do without an answer that takes longer than a time.
func (n *nameCache) personSoon(ctx context.Context, applicationID, userID string, within time.Duration) known {
	if who, ok := n.remembered(applicationID, userID); ok {
		return who
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return n.person(ctx, applicationID, userID)
}

// remembered answers what the directory said of a user a moment ago, for every send: so it makes nothing.
func (n *nameCache) remembered(applicationID, userID string) (known, bool) {
	now := n.now()
	n.mu.Lock()
	defer n.mu.Unlock()
	hit, ok := n.names[person{applicationID, userID}]
	return hit.known, ok && now.Before(hit.until)
}

// fill puts names into participants.
func (n *nameCache) fill(ctx context.Context, applicationID string, participants []*chatv1.Participant) {
	var users, visitors []string
	for _, p := range participants {
		if p.GetUserId() != "" {
			users = append(users, p.GetUserId())
		} else {
			visitors = append(visitors, p.GetAnonymousId())
		}
	}
	names := n.lookUp(ctx, applicationID, users)
	namesOfVisitors := n.lookUpVisitors(ctx, applicationID, visitors)
	for _, p := range participants {
		if p.Name = names[p.GetUserId()].name; p.GetUserId() == "" {
			p.Name = namesOfVisitors[p.GetAnonymousId()]
		}
	}
}

// ofVisitor answers what a visitor calls themself, empty when they gave no name.
func (n *nameCache) ofVisitor(ctx context.Context, applicationID, id string) string {
	return n.lookUpVisitors(ctx, applicationID, []string{id})[id]
}

// lookUpVisitors answers the names of those visitors who gave one. They are near, and not remembered: once erased, a name
// is nowhere.
func (n *nameCache) lookUpVisitors(ctx context.Context, applicationID string, ids []string) map[string]string {
	if len(ids) == 0 {
		return nil
	}
	names, err := n.visitors.VisitorNames(ctx, applicationID, ids)
	if err != nil {
		n.logger.WarnContext(ctx, "names of visitors could not be looked up", "error", err)
	}
	return names
}

// lookUp answers what the directory says of people. One that is away costs their names, not the call.
func (n *nameCache) lookUp(ctx context.Context, applicationID string, userIDs []string) map[string]known {
	names, unknown := n.cached(applicationID, userIDs)
	ctx = asComponent(ctx, applicationID)
	for len(unknown) > 0 {
		batch := unknown[:min(nameBatch, len(unknown))]
		unknown = unknown[len(batch):]
		answer, err := n.audience.ListUsers(ctx, &audiencev1.ListUsersRequest{UserIds: batch, Limit: nameBatch})
		if err != nil {
			n.logger.WarnContext(ctx, "names could not be looked up", "error", err)
			break
		}
		for _, u := range answer.GetUsers() {
			names[u.GetUserId()] = known{u.GetName(), u.GetRole(), u.GetCreatedAt()}
		}
		n.keep(applicationID, batch, names)
	}
	return names
}

func (n *nameCache) cached(applicationID string, userIDs []string) (names map[string]known, unknown []string) {
	names = make(map[string]known, len(userIDs))
	now := n.now()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range userIDs {
		if hit, ok := n.names[person{applicationID, id}]; ok && now.Before(hit.until) {
			names[id] = hit.known
		} else {
			unknown = append(unknown, id)
		}
	}
	return names, unknown
}

// keep remembers names, and that some have none. When the cache is full it starts anew, which is rare and costs one
// look-up each.
func (n *nameCache) keep(applicationID string, userIDs []string, names map[string]known) {
	now := n.now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.names)+len(userIDs) > nameCount {
		clear(n.names)
	}
	for _, id := range userIDs {
		age := nameAge
		if names[id].name == "" {
			age = noNameAge
		}
		n.names[person{applicationID, id}] = cachedName{names[id], now.Add(age)}
	}
}
