//go:build !race

package suite_test

import "testing"

// The race detector takes memory of its own.
func TestSpeedAnIdleConnectionIsCheap(t *testing.T) {
	if got := idleCost(t, ourBroker(t), fewIdle); got > maxIdle {
		t.Errorf("each of %d takes %.1f KiB, more than %.0f", fewIdle, got, maxIdle)
	} else {
		t.Logf("each takes %.1f KiB", got)
	}
}
