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
			w.fill(size.users, size.conversations, size.members)
			began := time.Now()
			w.brings()
			fromNothing := time.Since(began)
			w.broker.Close()
			w.begins()
			began = time.Now()
			w.brings()
			known := time.Since(began)
			one := dynsec.Name{ApplicationID: "geosector", Subject: "user-1"}
			for i := 0; b.Loop(); i++ {
				w.is(one, fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", i))
			}
			b.ReportMetric(fromNothing.Seconds()*1000, "ms/from-nothing")
			b.ReportMetric(known.Seconds()*1000, "ms/known")
		})
	}
}

// fill makes users who take part in conversations, all of them in as many.
func (w *world) fill(users, conversations, members int) {
	user := func(i int) dynsec.Name {
		return dynsec.Name{ApplicationID: "geosector", Subject: fmt.Sprint("user-", i%users)}
	}
	for i := range users {
		w.wanted[user(i)] = &dynsec.Account{Prefix: "chat", Conversations: map[string]struct{}{}}
	}
	for c := range conversations {
		for m := range members {
			w.wanted[user(c*members+m)].Conversations[fmt.Sprintf("0197d2a8-0000-7000-8000-%012d", c)] = struct{}{}
		}
	}
}
