package database

import (
	"context"
	"database/sql"
)

// Querier is what runs a query: ent's client, or a transaction of its.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// EachRow reads the rows of a query, one after the other, into the same variables, and calls visit at each. ent would make
// an entity of every row, and before that a variable for each of its columns, which what is read all the time, or by the
// hundred thousand, has no time for.
func EachRow(ctx context.Context, q Querier, query string, args []any, visit func(), into ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // What was wrong with reading them is Err's to say.
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		visit()
	}
	return rows.Err()
}
