package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/palabre/palabre/internal/database"
)

// notes is a SQLite database with the notes 1 to 3.
type notes struct {
	*sql.DB
	url string
}

func newNotes(t *testing.T) notes {
	t.Helper()
	n := notes{url: "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")}
	n.DB = n.open(t)
	n.do(t, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
	for id := range 3 {
		n.do(t, "INSERT INTO notes (id, text) VALUES (?, ?)", id+1, fmt.Sprint("note ", id+1))
	}
	return n
}

// open opens the database once more, as another process does.
func (n notes) open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.SQL()
}

func (n notes) do(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := n.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// above lists the notes above one, and calls each for every one of them while its row is open.
func above(t *testing.T, db querier, id int, each func(id int)) (found []int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM notes WHERE id > ? ORDER BY id", id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		found = append(found, id)
		each(id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func ignore(int) {}

func wants(t *testing.T, got []int, want ...int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the notes are %v, not %v", got, want)
	}
}

func TestAStatementThatIsKeptIsRunWithOtherArguments(t *testing.T) {
	n := newNotes(t)
	wants(t, above(t, n, 0, ignore), 1, 2, 3)
	wants(t, above(t, n, 2, ignore), 3)
	wants(t, above(t, n, 3, ignore))
	wants(t, above(t, n, 1, ignore), 2, 3)
}

func TestAStatementThatIsKeptSeesASchemaThatChangedSince(t *testing.T) {
	n := newNotes(t)
	if got := n.columns(t); got != 2 {
		t.Fatalf("notes begin with %d columns", got)
	}
	n.do(t, "ALTER TABLE notes ADD COLUMN author TEXT")
	if got := n.columns(t); got != 3 {
		t.Errorf("the statement sees %d columns after a third was added", got)
	}
	other := notes{DB: n.open(t), url: n.url}
	other.do(t, "ALTER TABLE notes ADD COLUMN at INTEGER")
	if got := n.columns(t); got != 4 {
		t.Errorf("the statement sees %d columns after another process added a fourth", got)
	}
	other.do(t, "DROP TABLE notes")
	if _, err := n.ExecContext(t.Context(), allOfNote, 1); err == nil {
		t.Error("the statement finds a table that is gone")
	}
}

const allOfNote = "SELECT * FROM notes WHERE id = ?"

// columns counts those of the first note.
func (n notes) columns(t *testing.T) int {
	t.Helper()
	rows, err := n.QueryContext(t.Context(), allOfNote, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err := errors.Join(err, rows.Err()); err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestAQueryMayRunAgainWhileItsRowsAreOpen(t *testing.T) {
	n := newNotes(t)
	tx, err := n.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	wants(t, above(t, tx, 0, func(outer int) {
		wants(t, above(t, tx, outer, ignore), []int{2, 3}[min(2, outer-1):]...)
	}), 1, 2, 3)
	wants(t, above(t, tx, 1, ignore), 2, 3)
}

func TestAStatementMayFailAndBeRunAgain(t *testing.T) {
	n := newNotes(t)
	const insert = "INSERT INTO notes (id, text) VALUES (?, ?)"
	if _, err := n.ExecContext(t.Context(), insert, 4, "note 1"); err == nil {
		t.Fatal("a text was stored twice")
	}
	n.do(t, insert, 4, "note 4")
	wants(t, above(t, n, 0, ignore), 1, 2, 3, 4)
}

func TestAStatementMayBeGivenUpAndBeRunAgain(t *testing.T) {
	n := newNotes(t)
	const counting = `WITH RECURSIVE counter(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM counter)
		SELECT n FROM counter WHERE n % 2 = ? LIMIT 1`
	soon, giveUp := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer giveUp()
	var number int
	if err := n.QueryRowContext(soon, counting, 1, 2).Scan(&number); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a count without end is answered with %d, %v", number, err)
	}
	if err := n.QueryRowContext(t.Context(), counting, 1, 0).Scan(&number); err != nil || number != 2 {
		t.Errorf("the first even number is %d, %v", number, err)
	}
	wants(t, above(t, n, 0, ignore), 1, 2, 3)
}

func TestStatementsOfATransactionThatWasUndoneAreRunAgain(t *testing.T) {
	n := newNotes(t)
	for range 2 {
		tx, err := n.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO notes (id, text) VALUES (?, ?)", 4, "note 4"); err != nil {
			t.Fatal(err)
		}
		wants(t, above(t, tx, 2, ignore), 3, 4)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		wants(t, above(t, n, 2, ignore), 3)
	}
}

// There are more texts here than are kept, among them one that is longer than all that are.
func TestStatementsThatAreNotKeptAreRunAsWell(t *testing.T) {
	n := newNotes(t)
	for i := range 400 {
		padding := 4096
		if i == 200 {
			padding = 1 << 20
		}
		var got int
		query := fmt.Sprintf("SELECT id + %d /*%*s*/ FROM notes WHERE id = ?", i, padding, "")
		if err := n.QueryRowContext(t.Context(), query, 1).Scan(&got); err != nil || got != 1+i {
			t.Fatalf("query %d answers %d, %v", i, got, err)
		}
	}
	wants(t, above(t, n, 0, ignore), 1, 2, 3)
}

func TestManyReadAndWriteAtOnce(t *testing.T) {
	n := newNotes(t)
	reader := n.open(t)
	reader.SetMaxOpenConns(4)
	var all errgroup.Group
	for range 8 {
		all.Go(func() error {
			for range 50 {
				var notes int
				err := reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM notes WHERE id < ?", 4).Scan(&notes)
				if err != nil || notes != 3 {
					return fmt.Errorf("%d notes, %w", notes, err)
				}
			}
			return nil
		})
		all.Go(func() error {
			for range 20 {
				if _, err := n.ExecContext(t.Context(), "INSERT OR IGNORE INTO notes (text) VALUES (?)", "note 4"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	wants(t, above(t, n, 0, ignore), 1, 2, 3, 4)
}

func TestATransactionWhoseCommitFailsLeavesNothingBehind(t *testing.T) {
	n := newNotes(t)
	n.do(t, "CREATE TABLE answers (note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)")
	forever := context.WithoutCancel(t.Context()) // by statements that are kept
	for _, note := range []int{9, 1} {
		tx, err := n.BeginTx(forever, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(forever, "INSERT INTO answers (note) VALUES (?)", note); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); (err != nil) != (note == 9) {
			t.Errorf("an answer to note %d: %v", note, err)
		}
	}
	var answers, note int
	if err := n.QueryRowContext(forever, "SELECT COUNT(*), MAX(note) FROM answers").Scan(&answers, &note); err != nil || answers != 1 || note != 1 {
		t.Errorf("%d answers, to note %d: %v", answers, note, err)
	}
}

func TestATransactionThatIsRolledBackChangesNothing(t *testing.T) {
	n := newNotes(t)
	forever := context.WithoutCancel(t.Context())
	for range 2 {
		tx, err := n.BeginTx(forever, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(forever, "DELETE FROM notes WHERE id > ?", 1); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, above(t, n, 0, ignore), 1, 2, 3)
}

func TestWhatIsCommittedGetsIntoTheFileBesideTheCommits(t *testing.T) {
	n := newNotes(t)
	n.do(t, "INSERT INTO notes (id, text) VALUES (?, ?)", 4, "the last commit")
	file := strings.TrimPrefix(n.url, "sqlite:")
	deadline := time.Now().Add(20 * time.Second)
	for content := []byte(nil); !bytes.Contains(content, []byte("the last commit")); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is in the log alone")
		}
		var err error
		if content, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
}
