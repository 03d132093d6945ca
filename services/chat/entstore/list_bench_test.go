package entstore_test

import (
	"testing"
	"time"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/storetest"
)

// The first page of 50, the hundredth, and what is unread in all, for one who has ten conversations and one who has ten
// thousand, with a message unread in each, one a second.
func BenchmarkListConversations(b *testing.B) {
	for name, url := range databases {
		b.Run(name, func(b *testing.B) {
			where := url(b)
			store := newStore(b, where)
			for who, conversations := range map[string]int{"with10": 10, "with10000": 10_000} {
				storetest.Conversations(b, store, who, conversations)
				if name == "postgresql" {
					analyze(b, where)
				}
				q := chat.ConversationsQuery{ApplicationID: storetest.App, Subject: who, Limit: 50, Now: time.Now()}
				b.Run(who+"/first_page", func(b *testing.B) { benchmarkPage(b, store, q) })
				b.Run(who+"/total_unread", func(b *testing.B) { benchmarkUnread(b, store, q, conversations) })
				q.After = keyOfPage(b, store, q, min(99, conversations/q.Limit))
				b.Run(who+"/last_page", func(b *testing.B) { benchmarkPage(b, store, q) })
			}
		})
	}
}

// analyze does what PostgreSQL does by itself within a minute.
func analyze(b *testing.B, url string) {
	b.Helper()
	db, err := database.Open(b.Context(), database.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SQL().ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

func benchmarkPage(b *testing.B, store chat.Store, q chat.ConversationsQuery) {
	b.Helper()
	for b.Loop() {
		if _, err := store.ListConversations(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkUnread(b *testing.B, store chat.Store, q chat.ConversationsQuery, want int) {
	b.Helper()
	for b.Loop() {
		if n, err := store.CountUnread(b.Context(), q); err != nil || n != int64(want) {
			b.Fatal(n, err)
		}
	}
}

// keyOfPage answers the place after so many pages.
func keyOfPage(b *testing.B, store chat.Store, q chat.ConversationsQuery, pages int) *chat.ConversationKey {
	b.Helper()
	for range pages {
		page, err := store.ListConversations(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		key := chat.KeyOf(page[len(page)-1])
		q.After = &key
	}
	return q.After
}
