package entstore

import (
	"context"
	stdsql "database/sql"
	"hash/maphash"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/audiencereceipt"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// Survey implements audience.Store. It reads the receipts, and then holds the users of the audience against them as they
// pass by: two stretches of indexes, each read once from one end to the other, and everything that is asked comes out of
// it. Joined by the database it takes two to six times as long on MariaDB, which looks up each user of each receipt, and
// which plan PostgreSQL takes depends on how old its statistics are.
//
// Of a receipt a hash of its user is remembered: with 64 bits, of a million users two are mistaken for one another once in
// forty million surveys.
func (s *Store) Survey(ctx context.Context, q audience.SurveyQuery) (found audience.Survey, err error) {
	err = retry("survey audience", func() error {
		count := newCount(q)
		if err := s.eachReceipt(ctx, q.ConversationID, count.receipt); err != nil {
			return err
		}
		for _, some := range disjoint(q.AnyOf) {
			if err := s.eachUser(ctx, q.ApplicationID, some, count.user); err != nil {
				return err
			}
		}
		found = count.found
		found.Readers, found.NonReaders, err = s.readers(ctx, q, count)
		return err
	})
	return found, err
}

// count is a survey under way.
type count struct {
	seed maphash.Seed
	// hasRead has the users of receipts, and whether they have read.
	hasRead             map[uint64]bool
	found               audience.Survey
	readers, nonReaders page
}

func newCount(q audience.SurveyQuery) *count {
	return &count{
		seed:       maphash.MakeSeed(),
		hasRead:    map[uint64]bool{},
		readers:    page{place: q.Readers, limit: q.Limit},
		nonReaders: page{place: q.NonReaders, limit: q.Limit},
	}
}

func (c *count) receipt(userID []byte, read bool) { c.hasRead[maphash.Bytes(c.seed, userID)] = read }

func (c *count) user(userID []byte) {
	c.found.Audience++
	read, delivered := c.hasRead[maphash.Bytes(c.seed, userID)]
	if delivered {
		c.found.Delivered++
	}
	if read {
		c.found.Read++
		c.readers.offer(userID)
		return
	}
	c.nonReaders.offer(userID)
}

// eachReceipt reads the receipts of an announcement. It asks for no application, which the index does not have: an
// announcement is of one only.
func (s *Store) eachReceipt(ctx context.Context, conversationID string, visit func(userID []byte, read bool)) error {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return nil // There is none of that id.
	}
	receipts := sql.Dialect(s.dialect).Table(audiencereceipt.Table)
	query, args := sql.Dialect(s.dialect).
		Select(receipts.C(audiencereceipt.FieldUserID), receipts.C(audiencereceipt.FieldReadAt)).
		From(receipts).
		Where(sql.EQ(receipts.C(audiencereceipt.FieldConversationID), id)).
		Query()
	return s.each(ctx, query, args, func(row []stdsql.RawBytes) { visit(row[0], row[1] != nil) })
}

// each reads the rows of a query that has two columns at most, without keeping any.
func (s *Store) each(ctx context.Context, query string, args []any, visit func(row []stdsql.RawBytes)) error {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // What was wrong with reading them is Err's to say.
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row := make([]stdsql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		visit(row)
	}
	return rows.Err()
}

// readers answers what is known of the users on the pages of a count.
func (s *Store) readers(ctx context.Context, q audience.SurveyQuery, c *count) (readers, nonReaders []*audiencev1.Reader, err error) {
	if len(c.readers.ids)+len(c.nonReaders.ids) == 0 {
		return nil, nil, nil
	}
	known, err := s.knownReaders(ctx, q, slices.Concat(c.readers.ids, c.nonReaders.ids))
	if err != nil {
		return nil, nil, err
	}
	times, err := s.readTimes(ctx, q, c.readers.ids)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range c.readers.ids {
		if r := known[id]; r != nil {
			r.ReadAt = times[id]
			readers = append(readers, r)
		}
	}
	for _, id := range c.nonReaders.ids {
		if r := known[id]; r != nil {
			nonReaders = append(nonReaders, r)
		}
	}
	return readers, nonReaders, nil
}
