package entstore_test

import (
	"context"
	stdsql "database/sql"
	"sync"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/internal/database"
)

// statement is what a store asked of its database.
type statement struct {
	text string
	args []any
}

// recorder keeps the statements that stores run on a database.
type recorder struct {
	mu         sync.Mutex
	statements []statement
}

// record makes everything that stores ask of a database from now on be recorded.
func record(db *database.DB) *recorder {
	r := new(recorder)
	db.Write = ent.NewClient(ent.Driver(recordingDriver{entsql.OpenDB(db.Dialect(), db.SQL()), r}))
	db.Read = db.Write
	return r
}

func (r *recorder) add(text string, args any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, _ := args.([]any)
	r.statements = append(r.statements, statement{text, list})
}

// take answers what was recorded since it was called last.
func (r *recorder) take() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.statements
	r.statements = nil
	return taken
}

type recordingDriver struct {
	*entsql.Driver
	to *recorder
}

func (d recordingDriver) Exec(ctx context.Context, query string, args, v any) error {
	d.to.add(query, args)
	return d.Driver.Exec(ctx, query, args, v)
}

func (d recordingDriver) Query(ctx context.Context, query string, args, v any) error {
	d.to.add(query, args)
	return d.Driver.Query(ctx, query, args, v)
}

func (d recordingDriver) ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error) {
	d.to.add(query, args)
	return d.Driver.ExecContext(ctx, query, args...)
}

func (d recordingDriver) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	d.to.add(query, args)
	return d.Driver.QueryContext(ctx, query, args...)
}

func (d recordingDriver) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	return recordingTx{tx.(*entsql.Tx), d.to}, err
}

type recordingTx struct {
	*entsql.Tx
	to *recorder
}

func (t recordingTx) Exec(ctx context.Context, query string, args, v any) error {
	t.to.add(query, args)
	return t.Tx.Exec(ctx, query, args, v)
}

func (t recordingTx) Query(ctx context.Context, query string, args, v any) error {
	t.to.add(query, args)
	return t.Tx.Query(ctx, query, args, v)
}

func (t recordingTx) ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error) {
	t.to.add(query, args)
	return t.Tx.ExecContext(ctx, query, args...)
}

func (t recordingTx) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	t.to.add(query, args)
	return t.Tx.QueryContext(ctx, query, args...)
}
