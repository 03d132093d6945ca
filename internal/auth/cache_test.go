package auth

import (
	"testing"
	"time"
)

func TestACacheKeepsWhatIsInUseAndForgetsTheRest(t *testing.T) {
	now := time.Now()
	c := newCache[int, int](100)
	for i := range 1000 {
		c.put(i, i, now.Add(time.Hour))
		if _, ok := c.get(0, now); !ok {
			t.Fatalf("0, always in use, was forgotten after %d others", i)
		}
	}
	kept := 0
	for i := range 1000 {
		if _, ok := c.young[i]; ok {
			kept++
		} else if _, ok := c.old[i]; ok {
			kept++
		}
	}
	if kept > 100 {
		t.Errorf("%d values are kept", kept)
	}
}

func TestACachedValueEndsAtItsMoment(t *testing.T) {
	now := time.Now()
	c := newCache[string, int](10)
	c.put("a", 1, now)
	if _, ok := c.get("a", now); ok {
		t.Error("it is there at its moment")
	}
	if v, ok := c.get("a", now.Add(-1)); !ok || v != 1 {
		t.Error("it is not there before its moment")
	}
}
