package audience

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// Refreshed is what came of reading a directory from its Source.
type Refreshed struct {
	// Rows is how many rows the query answered, Skipped how many of them say nothing that can be kept.
	Rows, Skipped int
	// Changed is how many users were created or came out different, Deleted how many the query answers no more.
	Changed, Deleted int
}

// LogValue says how many, and nothing of anybody.
func (r Refreshed) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("rows", r.Rows), slog.Int("skipped", r.Skipped),
		slog.Int("changed", r.Changed), slog.Int("deleted", r.Deleted))
}

// errNoRows keeps a directory from being emptied by a query that went wrong quietly: a table being rebuilt, a condition
// that matches nobody.
var errNoRows = errors.New("the query answers no user, which nobody's directory is like")

// refreshBatch is how many users are written, or looked through, at once.
const refreshBatch = 2000

// refresh is one reading of a directory.
type refresh struct {
	store         Store
	applicationID string
	batch         []*audiencev1.User
	// seen has a hash of each user's id that came. With 64 bits, of a million users one who is gone stays by mistake once in
	// millions of readings.
	seen map[uint64]struct{}
	seed maphash.Seed
	done Refreshed
}

func newRefresh(store Store, applicationID string) *refresh {
	return &refresh{store: store, applicationID: applicationID, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
}

// take takes a row of the source, whose user is nil when nothing of it can be kept.
func (r *refresh) take(ctx context.Context, u *audiencev1.User) error {
	r.done.Rows++
	if u == nil {
		r.done.Skipped++
		return nil
	}
	r.seen[r.hash(u)] = struct{}{}
	r.batch = append(r.batch, u)
	if len(r.batch) < refreshBatch {
		return nil
	}
	return r.write(ctx)
}

func (r *refresh) hash(u *audiencev1.User) uint64 { return maphash.String(r.seed, u.GetUserId()) }

func (r *refresh) write(ctx context.Context) error {
	changed, err := r.store.UpsertUsers(ctx, r.applicationID, OriginQuery, lastOfEach(r.batch))
	r.done.Changed += changed
	r.batch = r.batch[:0]
	return err
}

// finish writes what is left, and takes out of the directory whom the source told of before and does not any more.
func (r *refresh) finish(ctx context.Context) error {
	if len(r.seen) == 0 {
		return errNoRows
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	q := UsersQuery{ApplicationID: r.applicationID, From: OriginQuery, Limit: refreshBatch}
	for {
		page, err := r.store.ListUsers(ctx, q)
		if err != nil || len(page) == 0 {
			return err
		}
		deleted, err := r.store.DeleteUsers(ctx, r.applicationID, OriginQuery, r.gone(page))
		if r.done.Deleted += deleted; err != nil {
			return err
		}
		q.After = page[len(page)-1].GetUserId()
	}
}

// gone are those of some users who did not come.
func (r *refresh) gone(users []*audiencev1.User) []string {
	var ids []string
	for _, u := range users {
		if _, came := r.seen[r.hash(u)]; !came {
			ids = append(ids, u.GetUserId())
		}
	}
	return ids
}
