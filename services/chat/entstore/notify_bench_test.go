package entstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// notify runs the chat service's work on a store until stop is called, with nobody to be waited for.
func notify(b *testing.B, store chat.Store, bell *outbox.Doorbell) (stop func()) {
	b.Helper()
	service, err := chat.New(chat.Config{
		Store:      store,
		Bell:       bell,
		Absence:    time.Millisecond,
		Moderation: moderationv1.NewModerationServiceClient(nobody{}),
		Audience:   audiencev1.NewAudienceServiceClient(nobody{}),
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = service.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// nobody is the connection to services that are away.
type nobody struct{}

// Invoke implements grpc.ClientConnInterface.
func (nobody) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(codes.Unavailable, "nobody is there")
}

// NewStream implements grpc.ClientConnInterface.
func (nobody) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unavailable, "nobody is there")
}

// storeWithBell is an empty store on one of the databases, and its bell.
func storeWithBell(b *testing.B, url string) (chat.Store, *outbox.Doorbell) {
	b.Helper()
	newStore(b, url) // migrates
	db, err := database.Open(b.Context(), database.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	bell := new(outbox.Doorbell)
	return entstore.New(entstore.Config{Database: db, Bell: bell}), bell
}

// awaitNotified waits until every event has had its notifications.
func awaitNotified(b *testing.B, store chat.Store) {
	b.Helper()
	head, _, err := store.EventBounds(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for {
		if position, _, err := store.ConsumerPosition(b.Context(), "notifications"); err != nil || position >= head {
			return
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // nothing tells when it is done
	}
}

// Messages that were stored while nobody looked, handled as fast as they can be: everyone but the sender is away. Ten
// messages a conversation, so that none is left out.
func BenchmarkNotify(b *testing.B) {
	for _, members := range []int{2, 1000} {
		for name, url := range databases {
			b.Run(fmt.Sprintf("members=%d/%s", members, name), func(b *testing.B) {
				store, bell := storeWithBell(b, url(b))
				others := make([]string, members-1)
				for i := range others {
					others[i] = fmt.Sprintf("user-%04d", i)
				}
				send := storetest.Sender(b, store, b.N/10+1, others...)
				if err := store.AcknowledgeEvents(b.Context(), "notifications", 0); err != nil {
					b.Fatal(err)
				}
				for i := range b.N {
					if err := send(b.Context(), i); err != nil {
						b.Fatal(err)
					}
				}
				b.ResetTimer()
				stop := notify(b, store, bell)
				awaitNotified(b, store)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(b.N*(members-1))/b.Elapsed().Seconds(), "notifications/s")
				stop()
			})
		}
	}
}

// What the notifier takes from senders who do not pause, with a notification for every message.
func BenchmarkAppendMessageWhileNotified(b *testing.B) {
	for _, notified := range []bool{false, true} {
		b.Run(fmt.Sprintf("notified=%v", notified), func(b *testing.B) {
			store, bell := storeWithBell(b, "sqlite:"+filepath.Join(b.TempDir(), "palabre.db"))
			send := storetest.Sender(b, store, b.N/10+1)
			if notified {
				defer notify(b, store, bell)()
			}
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
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
