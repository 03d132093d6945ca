package lanes_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/palabre/palabre/internal/lanes"
)

type item struct {
	key string
	n   int
}

func TestWorkOfAKeyIsDoneInItsOrder(t *testing.T) {
	var mu sync.Mutex
	done := map[string][]int{}
	l := lanes.New(func(i item) {
		mu.Lock()
		defer mu.Unlock()
		done[i.key] = append(done[i.key], i.n)
	})
	keys := []string{"alice", "bob", "carol"}
	for n := range 1000 {
		for _, key := range keys {
			if !l.Add(key, item{key, n}) {
				t.Fatal("it takes nothing")
			}
		}
	}
	l.Close()
	for _, key := range keys {
		if got := done[key]; len(got) != 1000 || !slices.IsSorted(got) {
			t.Errorf("%s: %v", key, got)
		}
	}
	if l.Add("alice", item{}) {
		t.Error("it takes work after it was closed")
	}
	l.Close()
}

func TestWorkThatWaitsHoldsUpNoOtherKey(t *testing.T) {
	release, others := make(chan struct{}), make(chan string)
	l := lanes.New(func(i item) {
		if i.key == "slow" {
			<-release
			return
		}
		others <- i.key
	})
	l.Add("slow", item{"slow", 0})
	for range 3 { // The first needs a goroutine, the others may have the same one.
		l.Add("quick", item{"quick", 0})
		<-others
	}
	close(release)
	l.Close()
	if l.Len() != 0 {
		t.Errorf("%d items are left", l.Len())
	}
}

func TestAnItemMayMoveToAnotherLaneWhileTheLanesClose(t *testing.T) {
	var mu sync.Mutex
	var done []string
	started, closing := make(chan struct{}), make(chan struct{})
	var l *lanes.Lanes[string]
	l = lanes.New(func(s string) {
		if s == "first" {
			close(started)
			<-closing
			l.Move("elsewhere", "second")
		}
		mu.Lock()
		defer mu.Unlock()
		done = append(done, s)
	})
	l.Add("here", "first")
	<-started
	go close(closing)
	l.Close()
	slices.Sort(done)
	if !slices.Equal(done, []string{"first", "second"}) {
		t.Errorf("done: %v", done)
	}
}
