package entstore_test

import (
	"testing"
	"time"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat/entstore"
)

func TestALockedConversationHoldsUpNoOtherOnPostgreSQL(t *testing.T) {
	holdsUpNoOther(t, openMigrated(t, servers.Postgres(t)))
}

func TestALockedConversationHoldsUpNoOtherOnMariaDB(t *testing.T) {
	holdsUpNoOther(t, openMigrated(t, servers.MariaDB(t)))
}

// Another process has locked a conversation, and takes its time. Messages to it wait, in their order; those to others do not
// wait for them, though they share transactions.
func holdsUpNoOther(t *testing.T, db *database.DB) {
	filling{conversations: 3, hers: 3}.fill(t, db)
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
	locked, free := id(kindConversation, 0), id(kindConversation, 1)
	lock, err := db.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback() }()
	if _, err := lock.ExecContext(t.Context(), "UPDATE conversations SET updated_at = updated_at + 1 WHERE id = '"+locked+"'"); err != nil {
		t.Fatal(err)
	}

	waiting := make(chan error, 2)
	for _, clientID := range []string{"first", "second"} {
		go func() { waiting <- appendTo(t.Context(), store, locked, clientID, "dort") }()
	}
	for _, clientID := range []string{"1", "2", "3"} {
		began := time.Now()
		if err := appendTo(t.Context(), store, free, clientID, "ici"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("message %s to the conversation that is free took %v", clientID, took)
		}
	}
	select {
	case err := <-waiting:
		t.Fatalf("a message to the locked conversation was answered before its time: %v", err)
	default:
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-waiting; err != nil {
			t.Error(err)
		}
	}
}
