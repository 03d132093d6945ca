package entstore

import (
	"context"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/internal/database"
)

// queryTexts are the texts of queries that nearly every call asks, which are made once. Making one takes a tenth of the time
// that SQLite then needs for it.
type queryTexts struct{ byKey sync.Map }

// of answers a text, whose builder gets any values: who asks has the arguments, in the order in which they are in the query.
// There is one for each key, so these must be few.
func (t *queryTexts) of(key any, build func() *sql.Selector) string {
	if text, made := t.byKey.Load(key); made {
		return text.(string)
	}
	text, _ := build().Query()
	t.byKey.Store(key, text)
	return text
}

// each is database.EachRow outside of transactions.
func (s *Store) each(ctx context.Context, selector *sql.Selector, visit func(), into ...any) error {
	query, args := selector.Query()
	return s.eachOf(ctx, query, args, visit, into...)
}

// eachOf is each of a query whose text is known.
func (s *Store) eachOf(ctx context.Context, query string, args []any, visit func(), into ...any) error {
	if s.dialect == dialect.SQLite {
		// Nothing there waits for anything, and a query that can be given up costs two goroutines.
		ctx = context.WithoutCancel(ctx)
	}
	return database.EachRow(ctx, s.read, query, args, visit, into...)
}
