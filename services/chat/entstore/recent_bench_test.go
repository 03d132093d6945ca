package entstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// What it costs to follow the feed, for each event of it, by where it comes from.
func BenchmarkFollow(b *testing.B) {
	for name, url := range databases {
		db := openMigrated(b, url(b))
		now := time.Now() // and no later, so that nothing is forgotten
		store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell), Now: func() time.Time { return now }})
		send := storetest.Sender(b, store, 64)
		const messages = 2000
		var senders errgroup.Group
		senders.SetLimit(64)
		for n := range messages {
			senders.Go(func() error { return send(b.Context(), n) })
		}
		if err := senders.Wait(); err != nil {
			b.Fatal(err)
		}
		for _, recent := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/recent=%v", name, recent), func(b *testing.B) { followAll(b, store, messages, recent) })
		}
	}
}

func followAll(b *testing.B, store chat.Store, messages int, recent bool) {
	b.ReportAllocs()
	after := int64(64)
	for n := 0; n < b.N; {
		events, err := store.ListEvents(context.Background(), chat.EventsQuery{After: after, Limit: 50, HandedOn: true, Recent: recent})
		if err != nil {
			b.Fatal(err)
		}
		n += len(events)
		if after += int64(len(events)); after > int64(messages) {
			after = 64
		}
	}
}
