package entstore

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// Survey implements audience.Store. It reads the receipts and the audience, each from an index of its own and both at
// once, and holds one against the other. Joined by the database it takes several times as long on MariaDB, which looks up
// the user of every receipt, and on PostgreSQL it depends on how old the statistics are. The price is memory for the ids:
// some 3 MB for 100,000 users.
func (s *Store) Survey(ctx context.Context, q audience.SurveyQuery) (found audience.Survey, err error) {
	err = retry("survey audience", func() error {
		receipts, users, err := s.both(ctx, q)
		if err != nil {
			return err
		}
		count := newCount(q)
		count.hold(users, receipts)
		found = count.found
		found.Readers, found.NonReaders, err = s.readers(ctx, q, count)
		return err
	})
	return found, err
}

// both answers an announcement's receipts, and the ids of the users in its audience, in ascending order of user ids.
func (s *Store) both(ctx context.Context, q audience.SurveyQuery) (receipts []receipt, users []string, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		receipts, err = s.receiptsOf(ctx, q.ConversationID)
		return err
	})
	group.Go(func() (err error) {
		users, err = s.usersIn(ctx, q.ApplicationID, disjoint(q.AnyOf))
		return err
	})
	return receipts, users, group.Wait()
}

// count is a survey under way.
type count struct {
	found               audience.Survey
	readers, nonReaders page
}

func newCount(q audience.SurveyQuery) *count {
	return &count{readers: page{place: q.Readers, limit: q.Limit}, nonReaders: page{place: q.NonReaders, limit: q.Limit}}
}

// hold holds the users of an audience against the receipts, of whom some may have left it.
func (c *count) hold(users []string, receipts []receipt) {
	c.found.Audience = int64(len(users))
	for _, id := range users {
		for len(receipts) > 0 && receipts[0].userID < id {
			receipts = receipts[1:]
		}
		delivered := len(receipts) > 0 && receipts[0].userID == id
		c.user(id, delivered, delivered && receipts[0].read)
	}
}

func (c *count) user(id string, delivered, read bool) {
	if delivered {
		c.found.Delivered++
	}
	if !read {
		c.nonReaders.offer(id)
		return
	}
	c.found.Read++
	c.readers.offer(id)
}

// page keeps the first users behind a place, of those who are offered in ascending order.
type page struct {
	place audience.Place
	limit int
	ids   []string
}

func (p *page) offer(userID string) {
	if !p.place.Ended && userID > p.place.After && len(p.ids) < p.limit {
		p.ids = append(p.ids, userID)
	}
}

// readers answers what is known of the users on the pages of a count.
func (s *Store) readers(ctx context.Context, q audience.SurveyQuery, c *count) (readers, nonReaders []*audiencev1.Reader, err error) {
	known, err := s.knownReaders(ctx, q, slices.Concat(c.readers.ids, c.nonReaders.ids))
	if err != nil {
		return nil, nil, err
	}
	times, err := s.readTimes(ctx, q, c.readers.ids)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range known {
		r.ReadAt = times[r.GetUserId()]
	}
	return on(c.readers, known), on(c.nonReaders, known), nil
}

// on answers the users on a page, but for those who have left the directory since they were counted.
func on(p page, known map[string]*audiencev1.Reader) []*audiencev1.Reader {
	var list []*audiencev1.Reader
	for _, id := range p.ids {
		if r := known[id]; r != nil {
			list = append(list, r)
		}
	}
	return list
}

// inOrder sorts what is not sorted yet: indexes mostly are, in an order that may not be that of bytes.
func inOrder[T any](list []T, id func(T) string) []T {
	byID := func(a, b T) int { return strings.Compare(id(a), id(b)) }
	if !slices.IsSortedFunc(list, byID) {
		slices.SortFunc(list, byID)
	}
	return list
}
