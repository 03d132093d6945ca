package entstore_test

import (
	"path/filepath"
	"testing"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/moderation"
	"github.com/palabre/palabre/services/moderation/entstore"
	"github.com/palabre/palabre/services/moderation/storetest"
)

// engines are the databases, each answering the URL of an empty one.
var engines = map[string]func(testing.TB) string{
	"SQLite":     func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "palabre.db") },
	"PostgreSQL": servers.Postgres,
	"MariaDB":    servers.MariaDB,
}

func TestStore(t *testing.T) {
	for name, newURL := range engines {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) moderation.Store {
				return entstore.New(entstore.Config{Database: openMigrated(t, newURL(t))})
			})
		})
	}
}

func openMigrated(tb testing.TB, url string) *database.DB {
	tb.Helper()
	db, err := database.Open(tb.Context(), database.Config{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}
