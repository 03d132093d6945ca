package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/palabre/palabre/internal/database"
)

// What does not commit leaves nothing, and leaves the one connection that writes to the next.
func TestATransactionOnAConnectionIsAllOrNothing(t *testing.T) {
	n := newNotes(t)
	db, err := database.Open(t.Context(), database.Config{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	refused := errors.New("refused")
	adds := func(id int, end func() error) func(context.Context, *sql.Conn) error {
		return func(ctx context.Context, conn *sql.Conn) error {
			if _, err := conn.ExecContext(ctx, "INSERT INTO notes (id, text) VALUES (?, ?)", id, "new"); err != nil {
				return err
			}
			return end()
		}
	}
	if err := db.InTransaction(t.Context(), adds(10, func() error { return refused })); !errors.Is(err, refused) {
		t.Errorf("answered %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic was swallowed")
			}
		}()
		_ = db.InTransaction(t.Context(), adds(11, func() error { panic("on the way") }))
	}()
	if err := db.InTransaction(t.Context(), adds(1, func() error { return nil })); err == nil {
		t.Error("a note that is there was added once more")
	}
	if err := db.InTransaction(t.Context(), adds(12, func() error { return nil })); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.InTransaction(ended, adds(14, func() error { return nil })); !errors.Is(err, context.Canceled) {
		t.Errorf("of a context that had ended: %v", err)
	}
	var ids string
	if err := n.QueryRowContext(t.Context(), "SELECT group_concat(id) FROM notes WHERE id > ?", 3).Scan(&ids); err != nil || ids != "12" {
		t.Errorf("there are %q, %v", ids, err)
	}
}
