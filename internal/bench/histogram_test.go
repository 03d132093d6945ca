package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHistogramIsWithinASixtyFourthOfTheExactQuantile(t *testing.T) {
	var h histogram
	var exact []time.Duration
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		d := time.Duration(random.ExpFloat64() * float64(3*time.Millisecond))
		h.record(d)
		exact = append(exact, d)
	}
	slices.Sort(exact)
	for _, share := range []float64{0.01, 0.5, 0.95, 0.99, 0.999} {
		want := exact[int(share*float64(len(exact)))-1]
		if got := h.quantile(share); got < want-want/64 || got > want+want/64+1 {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
	if got, want := h.maximum(), exact[len(exact)-1]; got != want || h.quantile(1) != want {
		t.Errorf("the maximum is %v, quantile 1 %v, want %v", got, h.quantile(1), want)
	}
}

func TestHistogramBucketsFollowOneAnother(t *testing.T) {
	for value := uint64(0); value < 1<<20; value++ {
		bucket := bucketOf(value)
		if value > upperBound(bucket) || bucket > 0 && value <= upperBound(bucket-1) {
			t.Fatalf("%d is in bucket %d, which ends at %d", value, bucket, upperBound(bucket))
		}
	}
	var h histogram
	h.record(1<<63 - 1)
	h.record(-time.Second)
	if h.quantile(0) != 0 || h.quantile(1) != 1<<63-1 {
		t.Error("what is out of bounds is not kept at the bounds")
	}
}

func TestAnEmptyHistogramHasNoQuantiles(t *testing.T) {
	if got := new(histogram).quantile(0.99); got != 0 {
		t.Errorf("it answers %v", got)
	}
}
