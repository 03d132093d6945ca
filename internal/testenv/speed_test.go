//go:build !race

// The race detector makes everything some ten times slower: `make test` runs these without it.

package testenv_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/testenv"
)

// What the embedded default promises, with room for a busy machine: a regression is larger than that.
const (
	maxColdStart = time.Second
	maxMedian    = 15 * time.Millisecond
)

func TestSpeedColdStartIsUnderASecond(t *testing.T) {
	testenv.Binary(t)
	var took []time.Duration
	for range 3 {
		c := testenv.Config(t)
		began := time.Now()
		testenv.StartProcess(t, c)
		took = append(took, time.Since(began))
	}
	t.Logf("from exec to ready, on an empty data directory: %v", took)
	if best := slices.Min(took); best > maxColdStart {
		t.Errorf("ready after %v, want under %v", best, maxColdStart)
	}
}

func TestSpeedAMessageIsReceivedWithinMilliseconds(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	c := pair(t, alice, bob)
	const rounds = 200
	var took []time.Duration
	for i := range rounds {
		began := time.Now()
		alice.Publishes("chat/user/alice/send", map[string]any{"conversationId": c, "content": "Bonjour", "clientMessageId": fmt.Sprint(i)})
		bob.Receives("message.created")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	p50, p99 := took[rounds/2], took[rounds*99/100]
	t.Logf("publish to receive, one after the other: p50 %v, p99 %v", p50, p99)
	if p50 > maxMedian {
		t.Errorf("the median is %v, want under %v", p50, maxMedian)
	}
}
