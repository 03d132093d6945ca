package entstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// Whoever keeps up with the feed costs the database nothing.
func TestWhoFollowsIsAnsweredFromMemory(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{
		"sqlite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") },
		"postgresql": servers.Postgres,
		"mariadb":    servers.MariaDB,
	} {
		t.Run(name, func(t *testing.T) { followed(t, url(t)) })
	}
}

func followed(t *testing.T, url string) {
	db := openMigrated(t, url)
	statements := record(db)
	now := time.Now()
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell), Now: func() time.Time { return now }})
	send := storetest.Sender(t, store, 1)
	sends := func(send func(context.Context, int) error, n int) {
		t.Helper()
		if err := send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, after int64, limit, want int, fromMemory bool) {
		t.Helper()
		statements.take()
		events, err := store.ListEvents(t.Context(), chat.EventsQuery{After: after, Limit: limit, HandedOn: true, Recent: true})
		if err != nil {
			t.Fatal(err)
		}
		if asked := len(statements.take()) > 0; len(events) != want || asked == fromMemory {
			t.Errorf("%s: %d events, and the database was asked: %v", what, len(events), asked)
		}
	}

	for n := range 5 {
		sends(send, n)
	}
	expect("a conversation and messages", 0, 100, 6, true)
	expect("some of them", 2, 3, 3, true)
	expect("at the head", 6, 100, 0, false)

	elsewhere := storetest.Sender(t, newStore(t, url), 1) // which is an event too
	sends(send, 5)
	expect("a gap at once", 6, 100, 2, false)
	sends(elsewhere, 0)
	sends(send, 6)
	expect("a gap later", 5, 100, 5, false)
	expect("none before the limit", 5, 1, 1, true)
	expect("behind all gaps", 9, 100, 1, true)

	now = now.Add(2 * time.Second)
	statements.take()
	outline, err := store.ListEvents(t.Context(), chat.EventsQuery{After: 9, Limit: 100, Textless: true, Recent: true})
	if asked := len(statements.take()) > 0; err != nil || asked || len(outline) != 1 || outline[0].Event.GetMessage().GetContent() != "" {
		t.Errorf("without texts, later: %v, %v, and the database was asked: %v", outline, err, asked)
	}
	expect("when they are old", 9, 100, 1, false)
	sends(send, 7)
	expect("those after them", 10, 100, 1, true)
}

func TestLongTextsAreRememberedForAShorterTime(t *testing.T) {
	db := openMigrated(t, "sqlite:"+filepath.Join(t.TempDir(), "palabre.db"))
	filling{conversations: 1}.fill(t, db)
	statements := record(db)
	now := time.Now()
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell), Now: func() time.Time { return now }})
	const messages, size = 600, 32_000 // 19 MB
	for n := range messages {
		if err := appendTo(t.Context(), store, id(kindConversation, 0), fmt.Sprint(n), strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
	}
	for after, fromMemory := range map[int64]bool{0: false, messages - 400: true} {
		statements.take()
		if _, err := store.ListEvents(t.Context(), chat.EventsQuery{After: after, Limit: 10, Recent: true}); err != nil {
			t.Fatal(err)
		}
		if asked := len(statements.take()) > 0; asked == fromMemory {
			t.Errorf("after %d the database was asked: %v", after, asked)
		}
	}
}

// Transactions of this process and others take positions, end in any order or in none, and are read at any time.
func FuzzRecent(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		w := &recentWalk{T: t, rand: rand.New(rand.NewPCG(seed, 0)), now: time.Now(), known: map[int64]time.Time{}}
		w.recent = entstore.NewRecent(func() time.Time { return w.now })
		for range 300 {
			w.step()
			w.check()
		}
	})
}

// recentWalk does the same to what a store remembers and to a map.
type recentWalk struct {
	*testing.T
	rand   *rand.Rand
	now    time.Time
	recent *entstore.Recent

	head      int64
	committed []transaction // and not yet put
	known     map[int64]time.Time
	forgotten time.Time
}

type transaction struct {
	first int64
	count int
	began time.Time
}

func (w *recentWalk) step() {
	w.now = w.now.Add(time.Duration(w.rand.IntN(20)) * time.Millisecond)
	switch w.rand.IntN(12) {
	case 0, 1, 2, 3:
		began := w.now.Add(-time.Duration(w.rand.IntN(50)) * time.Millisecond)
		w.committed = append(w.committed, transaction{w.head + 1, 1 + w.rand.IntN(entstore.MaxRecent/4), began})
		w.head += int64(w.committed[len(w.committed)-1].count)
	case 4, 5, 6, 7, 8, 9:
		if n := len(w.committed); n > 0 {
			w.put(w.rand.IntN(n))
		}
	case 10:
		w.head += int64(w.rand.IntN(3)) // of another process
	default:
		w.recent.Forget()
		w.forgotten = w.now
		clear(w.known)
	}
}

// put lets one of the transactions end.
func (w *recentWalk) put(n int) {
	tx := w.committed[n]
	w.committed = slices.Delete(w.committed, n, n+1)
	w.recent.Put(tx.first, tx.count, tx.began)
	for i := range tx.count {
		if tx.began.After(w.forgotten) {
			w.known[tx.first+int64(i)] = tx.began
		}
	}
}

// check reads from anywhere.
func (w *recentWalk) check() {
	after, limit := w.head-int64(w.rand.IntN(3000)), 1+w.rand.IntN(500)
	if w.recent.Count() > entstore.MaxRecent {
		w.Fatalf("%d events are remembered", w.recent.Count())
	}
	got := w.recent.After(after, limit)
	if len(got) > limit {
		w.Fatalf("%d events are answered, at most %d", len(got), limit)
	}
	for i, position := range got {
		began, known := w.known[position]
		if position != after+int64(i)+1 || !known || w.now.Sub(began) > time.Second {
			w.Fatalf("after %d comes, as number %d, %d, which is known: %v, of %v ago", after, i, position, known, w.now.Sub(began))
		}
	}
}
