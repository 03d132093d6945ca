package entstore

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"iter"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/internal/database"
)

// session runs statements and queries, in a transaction: one of ent's, or a connection that has begun one.
type session interface {
	database.Querier
	ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error)
}

// among holds for rows that have one of the ids in a column. Where the database can, its text is the same whatever their
// number, so that it is parsed and planned once.
func among(column string, ids []uuid.UUID) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			switch s.Dialect() {
			case dialect.Postgres:
				b.Ident(s.C(column)).WriteString(" = ANY(").Arg(raw(ids)).WriteString(")")
			case dialect.SQLite:
				b.Ident(s.C(column)).WriteString(" IN (SELECT value FROM json_each(").Arg(jsonOf(ids)).WriteString("))")
			default:
				args := make([]any, len(ids))
				for i, id := range ids {
					args[i] = id
				}
				b.Join(sql.In(s.C(column), args...))
			}
		}))
	}
}

func jsonOf(ids []uuid.UUID) string {
	text, _ := json.Marshal(ids) // Which cannot fail.
	return string(text)
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

// insert writes rows that are not there.
func (r rows) insert(ctx context.Context, tx session, on, table string) error {
	switch on {
	case dialect.Postgres:
		return exec(ctx, tx, r.insertAll(table), r.arrayArgs())
	case dialect.SQLite:
		return r.each(ctx, tx, "INSERT INTO "+table+" ("+r.names()+") VALUES "+r.marks(), 0)
	}
	for some := range r.portions() {
		q := "INSERT INTO " + table + " (" + r.names() + ") VALUES " + strings.Repeat(r.marks()+", ", some.count()-1) + r.marks()
		if err := exec(ctx, tx, q, some.rowArgs()); err != nil {
			return err
		}
	}
	return nil
}

// update sets columns of rows that are there, on SQLite and MySQL; the first column is their id.
func (r rows) update(ctx context.Context, tx session, on, table string) error {
	if on == dialect.SQLite {
		return r.each(ctx, tx, "UPDATE "+table+" SET "+r.assignments()+" WHERE id = ?", 1)
	}
	for some := range r.portions() {
		q := "UPDATE " + table + " t JOIN (" + some.selects() + ") n ON t.id = n.id SET " + r.sets("t.")
		if err := exec(ctx, tx, q, some.rowArgs()); err != nil {
			return err
		}
	}
	return nil
}

func exec(ctx context.Context, tx session, q string, args []any) error {
	_, err := tx.ExecContext(ctx, q, args...)
	return err
}

// each runs a statement for each row, with its first values last. SQLite is in the process, so nothing is gained by sending
// many rows at once, and much by a statement that is parsed once.
func (r rows) each(ctx context.Context, tx session, q string, last int) error {
	args := make([]any, len(r))
	for i := range r.count() {
		for n, c := range r {
			args[(n+len(r)-last)%len(r)] = c.values[i]
		}
		if err := exec(ctx, tx, q, args); err != nil {
			return err
		}
	}
	return nil
}

// statementRows is how many rows MySQL is sent at once.
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

// insertAll and updateAll are PostgreSQL's: of one text whatever the number of rows.

func (r rows) insertAll(table string) string {
	return "INSERT INTO " + table + " (" + r.names() + ") " + r.selectAll(1)
}

func (r rows) updateAll(table string) string {
	return "UPDATE " + table + " AS t SET " + r.sets("") + " FROM (" + r.selectAll(1) + ") AS n WHERE t.id = n.id"
}

// selectAll makes rows of an array for each column, whose parameters are numbered from first. unnest does the same, and sets
// up a scan for each array, which for a few rows is dearer than they are.
func (r rows) selectAll(first int) string {
	parts := make([]string, len(r))
	for i, c := range r {
		parts[i] = "($" + strconv.Itoa(first+i) + "::" + c.pgType + "[])[i] AS " + c.name
	}
	return "SELECT " + strings.Join(parts, ", ") +
		" FROM generate_series(1, cardinality($" + strconv.Itoa(first) + "::" + r[0].pgType + "[])) AS i"
}

// assignments is "a = ?, b = ?" of all columns but the id.
func (r rows) assignments() string {
	parts := make([]string, 0, len(r))
	for _, c := range r[1:] {
		parts = append(parts, c.name+" = ?")
	}
	return strings.Join(parts, ", ")
}

// sets is "a = n.a, b = n.b" of all columns but the id, where n are the rows.
func (r rows) sets(target string) string {
	parts := make([]string, 0, len(r))
	for _, c := range r[1:] {
		parts = append(parts, target+c.name+" = n."+c.name)
	}
	return strings.Join(parts, ", ")
}

// selects is the rows as a table, for MySQL.
func (r rows) selects() string {
	parts := make([]string, 0, len(r))
	for _, c := range r {
		parts = append(parts, "? AS "+c.name)
	}
	return "SELECT " + strings.Join(parts, ", ") + strings.Repeat(" UNION ALL SELECT "+placeholders(len(r)), r.count()-1)
}

func (r rows) names() string {
	parts := make([]string, len(r))
	for i, c := range r {
		parts[i] = c.name
	}
	return strings.Join(parts, ", ")
}

func (r rows) marks() string { return "(" + placeholders(len(r)) + ")" }

// placeholders is "?, ?, ?".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func (r rows) arrayArgs() []any {
	args := make([]any, len(r))
	for i, c := range r {
		args[i] = c.array()
	}
	return args
}

// array is a column's values. The driver would write ids as text and read them again; it takes bytes as they are.
func (c *column) array() []any {
	if c.pgType != "uuid" {
		return c.values
	}
	raw := make([]any, len(c.values))
	for i, v := range c.values {
		switch id := v.(type) {
		case uuid.UUID:
			raw[i] = [16]byte(id)
		case *uuid.UUID:
			if id != nil {
				raw[i] = [16]byte(*id)
			}
		}
	}
	return raw
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
