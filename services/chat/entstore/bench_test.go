package entstore_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// databases are those that benchmarks run on, each answering the URL of an empty one.
var databases = map[string]func(testing.TB) string{
	"sqlite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") },
	"postgresql": servers.Postgres,
	"mariadb":    servers.MariaDB,
}

// Messages of many conversations by many senders, one transaction each. On the test servers commits are not synced, so
// only SQLite's figure is that of a durable commit.
func BenchmarkAppendMessage(b *testing.B) {
	for name, url := range databases {
		b.Run(name, func(b *testing.B) {
			store := newStore(b, url(b))
			send := storetest.Sender(b, store, 100)
			var n atomic.Int64
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := send(b.Context(), int(n.Add(1))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// The database's own limit beside it: one row of the same size, one commit each.
func BenchmarkBareInsert(b *testing.B) {
	for name, url := range databases {
		b.Run(name, func(b *testing.B) {
			db, err := database.Open(b.Context(), database.Config{URL: url(b)})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			if _, err := db.SQL().ExecContext(b.Context(), "CREATE TABLE bare (id BIGINT PRIMARY KEY, content VARCHAR(200))"); err != nil {
				b.Fatal(err)
			}
			insert := "INSERT INTO bare VALUES (?, ?)"
			if name == "postgresql" {
				insert = "INSERT INTO bare VALUES ($1, $2)"
			}
			content := strings.Repeat("x", 200)
			var n atomic.Int64
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := db.SQL().ExecContext(b.Context(), insert, n.Add(1), content); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// A page of 50 from the middle of a conversation of 2,000 messages.
func BenchmarkListMessages(b *testing.B) {
	store := newStore(b, "sqlite:"+filepath.Join(b.TempDir(), "palabre.db"))
	send := storetest.Sender(b, store, 1)
	for i := range 2_000 {
		if err := send(b.Context(), i); err != nil {
			b.Fatal(err)
		}
	}
	list, err := store.ListConversations(b.Context(), chat.ConversationsQuery{ApplicationID: storetest.App, Subject: "alice", Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	q := chat.MessagesQuery{ApplicationID: storetest.App, ConversationID: list[0].GetId(), Before: 1000, Limit: 50}
	b.ResetTimer()
	for b.Loop() {
		if page, err := store.ListMessages(b.Context(), q); err != nil || len(page) != 50 {
			b.Fatal(fmt.Sprint(len(page)), err)
		}
	}
}

// A sync after 1,000,000 events, 10 of which are for her who asks; when she is in 20 conversations, and in 2,000 more.
func BenchmarkSyncOfOneWhoWasAway(b *testing.B) {
	away := filling{conversations: 10_000, hers: 20, events: 1_000_000, hersEvents: 10, messages: 1}
	for name, url := range databases {
		db := openMigrated(b, url(b))
		away.fill(b, db)
		store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
		sync := func(b *testing.B) {
			for b.Loop() {
				list, err := store.ListEvents(b.Context(), chat.EventsQuery{ApplicationID: "geosector", Subject: "alice", UpTo: 1_000_000, Limit: 100})
				if err != nil || len(list) != 10 {
					b.Fatal(len(list), err)
				}
			}
		}
		b.Run(name+"/20", sync)
		conversations := into("conversations", "id, application_id, type, reply_permission, created_at, updated_at, last_activity_at")
		participants := into("participants", "id, application_id, conversation_id, subject, role, joined_at")
		for c := 20_000; c < 22_000; c++ {
			conversations.add(b, db, "'%s', 'geosector', 'group', 'all', 1, 1, 1", id(kindConversation, c))
			participants.add(b, db, "'%s', 'geosector', '%s', 'alice', 'member', 1", id(kindParticipant, 2*c), id(kindConversation, c))
		}
		conversations.flush(b, db)
		participants.flush(b, db)
		b.Run(name+"/2020", sync)
	}
}

// A portion of 200 events that are old: the longest that a sender may have to wait for pruning, where there is one writer.
func BenchmarkPruneEvents(b *testing.B) {
	for name, url := range databases {
		b.Run(name, func(b *testing.B) {
			db := openMigrated(b, url(b))
			filling{conversations: 1000, events: 50_000, messages: 1}.fill(b, db)
			store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
			old := chat.Pruning{Before: time.Now().Add(time.Hour), Limit: 200}
			for b.Loop() {
				if n, err := store.PruneEvents(b.Context(), old); err != nil || n != 200 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
