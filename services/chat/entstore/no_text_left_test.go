package entstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palabre/palabre/ent/migrate"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// What was edited away or deleted is in no row of any table.
func TestNoTextIsLeft(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{
		"sqlite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") },
		"postgresql": servers.Postgres,
		"mariadb":    servers.MariaDB,
	} {
		t.Run(name, func(t *testing.T) {
			db, err := database.Open(t.Context(), database.Config{URL: url(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			storetest.Changed(t, entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)}), "taken-away", "kept")
			if n := rowsWith(t, db.SQL(), "kept"); n == 0 {
				t.Error("the text that was kept is not found")
			}
			if n := rowsWith(t, db.SQL(), "taken-away"); n != 0 {
				t.Errorf("the text that was taken away is in %d rows", n)
			}
		})
	}
}

// rowsWith counts the rows of all tables that have a text in any column.
func rowsWith(t *testing.T, db *sql.DB, text string) int {
	t.Helper()
	n := 0
	for _, table := range migrate.Tables {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table.Name)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if strings.Contains(row(t, rows), text) {
				n++
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// row is a row as text.
func row(t *testing.T, rows *sql.Rows) string {
	t.Helper()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]sql.RawBytes, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s", values)
}
