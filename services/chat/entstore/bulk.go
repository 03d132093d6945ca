package entstore

import (
	"context"
	"iter"
	"strconv"
	"strings"

	stdsql "database/sql"

	"entgo.io/ent/dialect"
)

// executor runs statements: a transaction of ent's.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error)
}

// column is a column of many rows, with PostgreSQL's name of its type.
type column struct {
	name   string
	pgType string
	values []any
}

// rows are the columns of many rows that are written by one statement. ent's builders do the same with more work for each
// row, which the path of messages would feel.
type rows []*column

// add adds a value to each column, in their order.
func (r rows) add(values ...any) {
	for i, c := range r {
		c.values = append(c.values, values[i])
	}
}

func (r rows) count() int { return len(r[0].values) }

// statementRows is how many rows a statement writes: SQLite takes 32,766 variables, and 500 SELECTs in a UNION.
const statementRows = 400

// portions are the rows, as many at a time as a statement takes.
func (r rows) portions() iter.Seq[rows] {
	return func(yield func(rows) bool) {
		for from := 0; from < r.count(); from += statementRows {
			some := make(rows, len(r))
			for i, c := range r {
				some[i] = &column{c.name, c.pgType, c.values[from:min(from+statementRows, len(c.values))]}
			}
			if !yield(some) {
				return
			}
		}
	}
}

// insert writes rows that are not there.
func (r rows) insert(ctx context.Context, tx executor, on, table string) error {
	for some := range r.portions() {
		if err := some.insertPortion(ctx, tx, on, table); err != nil {
			return err
		}
	}
	return nil
}

func (r rows) insertPortion(ctx context.Context, tx executor, on, table string) error {
	var q strings.Builder
	q.WriteString("INSERT INTO " + table + " (" + r.names() + ") ")
	var args []any
	if on == dialect.Postgres {
		// One text whatever the number of rows, so that the statement is prepared once.
		q.WriteString("SELECT * FROM unnest(" + r.arrays() + ")")
		args = r.columnArgs()
	} else {
		q.WriteString("VALUES " + strings.Repeat(r.marks()+", ", r.count()-1) + r.marks())
		args = r.rowArgs()
	}
	_, err := tx.ExecContext(ctx, q.String(), args...)
	return err
}

// update sets columns of rows that are there; the first column is their id.
func (r rows) update(ctx context.Context, tx executor, on, table string) error {
	for some := range r.portions() {
		if err := some.updatePortion(ctx, tx, on, table); err != nil {
			return err
		}
	}
	return nil
}

func (r rows) updatePortion(ctx context.Context, tx executor, on, table string) error {
	var q string
	args := r.rowArgs()
	switch on {
	case dialect.Postgres:
		q = "UPDATE " + table + " AS t SET " + r.sets("", "n") + " FROM unnest(" + r.arrays() + ") AS n(" + r.names() + ") WHERE t.id = n.id"
		args = r.columnArgs()
	case dialect.MySQL:
		q = "UPDATE " + table + " t JOIN (" + r.selects() + ") n ON t.id = n.id SET " + r.sets("t.", "n")
	default:
		q = "UPDATE " + table + " AS t SET " + r.sets("", "n") + " FROM (" + r.selects() + ") AS n WHERE t.id = n.id"
	}
	_, err := tx.ExecContext(ctx, q, args...)
	return err
}

// sets is "a = n.a, b = n.b" of all columns but the id.
func (r rows) sets(target, source string) string {
	parts := make([]string, 0, len(r))
	for _, c := range r[1:] {
		parts = append(parts, target+c.name+" = "+source+"."+c.name)
	}
	return strings.Join(parts, ", ")
}

// selects is the rows as a table, where there is no unnest.
func (r rows) selects() string {
	parts := make([]string, 0, len(r))
	for _, c := range r {
		parts = append(parts, "? AS "+c.name)
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(r)), ", ")
	return "SELECT " + strings.Join(parts, ", ") + strings.Repeat(" UNION ALL SELECT "+marks, r.count()-1)
}

func (r rows) names() string {
	parts := make([]string, len(r))
	for i, c := range r {
		parts[i] = c.name
	}
	return strings.Join(parts, ", ")
}

func (r rows) marks() string { return "(" + strings.Repeat("?, ", len(r)-1) + "?)" }

// arrays is "$1::uuid[], $2::bigint[]".
func (r rows) arrays() string {
	parts := make([]string, len(r))
	for i, c := range r {
		parts[i] = "$" + strconv.Itoa(i+1) + "::" + c.pgType + "[]"
	}
	return strings.Join(parts, ", ")
}

func (r rows) columnArgs() []any {
	args := make([]any, len(r))
	for i, c := range r {
		args[i] = c.values
	}
	return args
}

func (r rows) rowArgs() []any {
	args := make([]any, 0, len(r)*r.count())
	for i := range r.count() {
		for _, c := range r {
			args = append(args, c.values[i])
		}
	}
	return args
}
