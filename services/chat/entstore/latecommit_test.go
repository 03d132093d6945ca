package entstore_test

import (
	"fmt"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
)

// These count the transactions that wait for a row of another.
const (
	waitingOnPostgreSQL = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	waitingOnMariaDB    = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
)

func TestNobodySkipsALateCommitOnPostgreSQL(t *testing.T) {
	lateCommit(t, openMigrated(t, servers.Postgres(t)), waitingOnPostgreSQL)
}

func TestNobodySkipsALateCommitOnMariaDB(t *testing.T) {
	lateCommit(t, openMigrated(t, servers.MariaDB(t)), waitingOnMariaDB)
}

// A transaction takes a position and does not commit; another comes after it. Until the first has ended, one who reads sees
// neither; then both, or the second alone, without a gap.
func lateCommit(t *testing.T, db *database.DB, waiting string) {
	filling{conversations: 2}.fill(t, db)
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
	for _, commits := range []bool{true, false} {
		t.Run(fmt.Sprintf("the first commits: %v", commits), func(t *testing.T) {
			ctx := t.Context()
			head, _, err := store.EventBounds(ctx)
			if err != nil {
				t.Fatal(err)
			}
			first, err := db.SQL().BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = first.Rollback() }()
			for _, statement := range []string{
				"UPDATE event_heads SET position = position + 1",
				fmt.Sprintf("INSERT INTO events (position, application_id, conversation_id, kind, recipient_only, created_at) VALUES (%d, 'geosector', '%s', 'first', false, 0)",
					head+1, id(kindConversation, 0)),
			} {
				if _, err := first.ExecContext(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}

			second := make(chan error, 1)
			go func() {
				_, err := store.UpdateConversation(ctx, "geosector", id(kindConversation, 1), func(c *chatv1.Conversation) error {
					c.Title = fmt.Sprint("second ", commits)
					return nil
				})
				second <- err
			}()
			await(t, func() bool { return ask[int64](t, db, waiting).V > 0 })
			if seen := positions(t, store, head); len(seen) != 0 {
				t.Errorf("before the first has ended one sees %v", seen)
			}

			want := []int64{head + 1}
			if commits {
				err, want = first.Commit(), append(want, head+2)
			} else {
				err = first.Rollback()
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := <-second; err != nil {
				t.Fatal(err)
			}
			if seen := positions(t, store, head); fmt.Sprint(seen) != fmt.Sprint(want) {
				t.Errorf("one sees %v, want %v", seen, want)
			}
		})
	}
}

// positions are those of the events after one.
func positions(t *testing.T, store chat.Store, after int64) []int64 {
	t.Helper()
	events, err := store.ListEvents(t.Context(), chat.EventsQuery{After: after, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var all []int64
	for _, e := range events {
		all = append(all, e.Position)
	}
	return all
}

// await asks again and again, since the database does not tell by itself.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("nothing waits")
		}
		<-time.After(time.Millisecond)
	}
}
