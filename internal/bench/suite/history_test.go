package suite_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

const (
	readers = 16
	few     = 1_000
	many    = 1_000_000
	turns   = 3
	// leastPages is how many pages a second are wanted, maxSlower how much slower those of a long history may be.
	leastPages = 3000
	maxSlower  = 1.2
)

// readHistory compares pages of 50, from anywhere in a conversation, with the same rows read straight from the database, and
// pages of a long conversation with those of a short one. These two take turns, so that they meet the same neighbours.
func readHistory(t *testing.T, r *report) {
	config := configuration(t, "")
	palabre := testenv.StartProcess(t, config)
	read := func(name string, messages int) float64 {
		return load(t, palabre, bench.Config{
			Over: bench.OverREST, Senders: readers, Conversations: 1, Name: name, Messages: messages,
		}).AcknowledgedPerSecond
	}
	read("few", few)
	read("many", few) // to have a conversation that can be made longer
	palabre.Stop()
	file := filepath.Join(config.DataDir, "palabre.db")
	db := open(t, "sqlite:"+file)
	lengthen(t, db, conversationOf(t, db, "bench-many-s0"), many)
	bare := barePages(t, db, conversationOf(t, db, "bench-few-s0"), few)
	must(t, db.Close())
	palabre.Start()
	var ofFew, ofMany float64
	for range turns {
		ofFew += read("few", few) / turns
		ofMany += read("many", many) / turns
	}
	what := fmt.Sprintf("pages of 50 over REST, SQLite, %d readers, of ", readers)
	r.add(row{
		what: what + "1,000 messages", figure: rate(ofFew), raw: "SQLite's own " + rate(bare), ratio: ratio(ofFew, bare),
		goal: fmt.Sprintf("≥ %s", rate(leastPages)), reached: ofFew >= leastPages,
	})
	r.add(row{
		what: what + "1,000,000 messages", figure: rate(ofMany), raw: "of 1,000 messages " + rate(ofFew), ratio: ratio(ofMany, ofFew),
		goal: fmt.Sprintf("≥ %.2f×", 1/maxSlower), reached: ofMany*maxSlower >= ofFew,
	})
}

// conversationOf answers the id of the one conversation that a user has.
func conversationOf(t *testing.T, db *sql.DB, userID string) (id string) {
	t.Helper()
	must(t, db.QueryRowContext(t.Context(), "SELECT conversation_id FROM participants WHERE subject = ?", userID).Scan(&id))
	return id
}

// lengthen copies the first message of a conversation until it has as many as wanted: sending a million takes minutes.
func lengthen(t *testing.T, db *sql.DB, conversation string, messages int) {
	t.Helper()
	columns := columnsOf(t, db)
	values := append([]string{}, columns...)
	for i, name := range columns {
		switch name {
		case "id":
			values[i] = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(6)))"
		case "seq":
			values[i] = "n"
		}
	}
	copies := fmt.Sprintf(`WITH RECURSIVE counter(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM counter WHERE n < %d)
		INSERT INTO messages (%s) SELECT %s FROM counter, messages WHERE conversation_id = ? AND seq = 1`,
		few+1, messages, strings.Join(columns, ", "), strings.Join(values, ", "))
	exec(t, db, copies, conversation)
	exec(t, db, "UPDATE conversations SET last_seq = ? WHERE id = ?", messages, conversation)
}

// columnsOf answers those of the messages, whichever they are by now.
func columnsOf(t *testing.T, db *sql.DB) (columns []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM pragma_table_info('messages')")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		columns = append(columns, name)
	}
	must(t, rows.Err())
	return columns
}

// barePages is how many pages a second as many readers get from the database itself.
func barePages(t *testing.T, db *sql.DB, conversation string, messages int64) float64 {
	t.Helper()
	db.SetMaxOpenConns(readers)
	const page = "SELECT * FROM messages WHERE conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT 50"
	return perSecond(t, readers, func(int) error {
		rows, err := db.QueryContext(t.Context(), page, conversation, 2+rand.Int64N(messages))
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		return rows.Close()
	})
}

func exec(t *testing.T, db *sql.DB, statement string, arguments ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement, arguments...)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
