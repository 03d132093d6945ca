package flood_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/testenv/servers"
)

func BenchmarkTake(b *testing.B) {
	senders := make([]string, 10_000)
	for i := range senders {
		senders[i] = fmt.Sprint("geosector:user-", i)
	}
	limit := flood.Limit{Messages: 5, Window: 10 * time.Second}
	run := func(name string, l limiter) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					l.Take(b.Context(), senders[i%len(senders)], limit)
				}
			})
		})
	}
	run("memory", flood.NewMemory(nil))
	run("valkey", flood.NewValkey(open(b, servers.Valkey(b)), nil))
}
