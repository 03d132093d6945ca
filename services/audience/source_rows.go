package audience

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

// The columns of a Source's query.
const (
	columnUserID     = "user_id"
	columnName       = "name"
	columnRole       = "role"
	columnEntityID   = "entity_id"
	columnEntityName = "entity_name"
)

// read runs the query in a transaction that cannot write, and gives take each row as it comes; nil for one that says
// nothing that can be kept.
func (s Source) read(ctx context.Context, take func(context.Context, *audiencev1.User) error) error {
	db, err := s.Open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // Nothing was written.
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // Nothing was written.
	rows, err := tx.QueryContext(ctx, s.Query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // What was wrong with reading them is Err's to say.
	row, err := newSourceRow(rows)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(row.into...); err != nil {
			return err
		}
		if err := take(ctx, row.user()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sourceRow is the row that a query is at.
type sourceRow struct {
	// values has the columns' texts, by name. A number is its digits, NULL is empty.
	values map[string]*sql.NullString
	// into is where to scan them, in the order of the query.
	into []any
}

func newSourceRow(rows *sql.Rows) (*sourceRow, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	row := &sourceRow{values: map[string]*sql.NullString{
		columnUserID: {}, columnName: {}, columnRole: {}, columnEntityID: {}, columnEntityName: {},
	}}
	answered := map[string]bool{}
	for _, name := range columns {
		value, known := row.values[name]
		if !known {
			return nil, fmt.Errorf("query: answers a column %q, which is none of user_id, name, role, entity_id and entity_name", name)
		}
		if answered[name] {
			return nil, fmt.Errorf("query: answers the column %s twice", name)
		}
		answered[name] = true
		row.into = append(row.into, value)
	}
	if !answered[columnUserID] {
		return nil, errors.New("query: answers no column user_id")
	}
	return row, nil
}

// user answers the user of a row, or nil when the directory could not keep them.
func (r *sourceRow) user() *audiencev1.User {
	u := &audiencev1.User{
		UserId:     r.text(columnUserID),
		Name:       r.text(columnName),
		Role:       r.text(columnRole),
		EntityId:   r.text(columnEntityID),
		EntityName: r.text(columnEntityName),
	}
	if !auth.ValidUserID(u.GetUserId()) || !fits(u.GetName(), 200) || !fits(u.GetEntityName(), 200) ||
		!fits(u.GetRole(), 64) || !fits(u.GetEntityId(), 64) {
		return nil
	}
	return u
}

// text is the text of a column, without the spaces that pad a CHAR.
func (r *sourceRow) text(column string) string { return strings.TrimSpace(r.values[column].String) }

// fits says whether a column takes a text, as the proto says for users who come by call.
func fits(text string, characters int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= characters && !strings.ContainsRune(text, 0)
}
