package entstore_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/storetest"
)

// Messages of many conversations by many senders, one transaction each. On the test servers commits are not synced, so
// only SQLite's figure is that of a durable commit.
func BenchmarkAppendMessage(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{
		"sqlite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") },
		"postgresql": servers.Postgres,
		"mariadb":    servers.MariaDB,
	} {
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

// A page of 50 from the middle of a conversation of 10,000 messages.
func BenchmarkListMessages(b *testing.B) {
	store := newStore(b, "sqlite:"+filepath.Join(b.TempDir(), "palabre.db"))
	send := storetest.Sender(b, store, 1)
	for i := range 10_000 {
		if err := send(b.Context(), i); err != nil {
			b.Fatal(err)
		}
	}
	list, err := store.ListConversations(b.Context(), chat.ConversationsQuery{ApplicationID: storetest.App, Subject: "alice", Limit: 1})
	if err != nil {
		b.Fatal(err)
	}
	q := chat.MessagesQuery{ApplicationID: storetest.App, ConversationID: list[0].GetId(), Before: 5000, Limit: 50}
	b.ResetTimer()
	for b.Loop() {
		if page, err := store.ListMessages(b.Context(), q); err != nil || len(page) != 50 {
			b.Fatal(fmt.Sprint(len(page)), err)
		}
	}
}
