package dynsec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
)

// BenchmarkReconcile is how long a broker takes that knows nobody, then one that knows all of them, and how long one change
// takes then: the broker writes its whole file.
func BenchmarkReconcile(b *testing.B) {
	for _, size := range []struct{ users, conversations, members int }{{1000, 200, 20}, {5000, 1000, 20}} {
		b.Run(fmt.Sprintf("%d users in %d conversations of %d", size.users, size.conversations, size.members), func(b *testing.B) {
			w := newWorld(b)
			for c := range size.conversations {
				id := fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", c)
				for m := range size.members {
					n := dynsec.Name{ApplicationID: "geosector", Subject: fmt.Sprint("user-", (c*7+m*size.users/size.members)%size.users)}
					if w.wanted[n] == nil {
						w.wanted[n] = &dynsec.Account{Prefix: "chat", Conversations: map[string]struct{}{}}
					}
					w.wanted[n].Conversations[id] = struct{}{}
				}
			}
			for u := range size.users {
				n := dynsec.Name{ApplicationID: "geosector", Subject: fmt.Sprint("user-", u)}
				if w.wanted[n] == nil {
					w.wanted[n] = &dynsec.Account{Prefix: "chat", Conversations: map[string]struct{}{}}
				}
			}
			began := time.Now()
			w.brings()
			b.ReportMetric(time.Since(began).Seconds()*1000, "ms/from-nothing")
			w.broker.Close()
			w.begins()
			began = time.Now()
			w.brings()
			b.ReportMetric(time.Since(began).Seconds()*1000, "ms/known")
			one := dynsec.Name{ApplicationID: "geosector", Subject: "user-1"}
			for i := 0; b.Loop(); i++ {
				w.is(one, fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", i))
			}
		})
	}
}
