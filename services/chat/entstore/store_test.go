package entstore_test

import (
	"path/filepath"
	"testing"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

func TestStoreOnSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store {
		return newStore(t, "sqlite:"+filepath.Join(t.TempDir(), "palabre.db"))
	})
}

func TestStoreOnPostgreSQL(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store { return newStore(t, servers.Postgres(t)) })
}

func TestStoreOnMariaDB(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store { return newStore(t, servers.MariaDB(t)) })
}

func TestReplicasOnSQLite(t *testing.T) {
	replicas(t, func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") })
}

func TestReplicasOnPostgreSQL(t *testing.T) {
	replicas(t, func(t *testing.T) string { return servers.Postgres(t) })
}

func TestReplicasOnMariaDB(t *testing.T) {
	replicas(t, func(t *testing.T) string { return servers.MariaDB(t) })
}

func replicas(t *testing.T, database func(*testing.T) string) {
	storetest.RunReplicas(t, func(t *testing.T) (a, b chat.Store) {
		url := database(t)
		return newStore(t, url), newStore(t, url)
	})
}

func newStore(t testing.TB, url string) chat.Store {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
}
