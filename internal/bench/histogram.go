package bench

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets that are at most 1/64 of their value wide, so that its size does not depend on
// how many it has counted. It may be used by many goroutines.
type histogram struct {
	buckets [(64 - subBits + 1) << subBits]atomic.Int64
	count   atomic.Int64
	largest atomic.Int64
}

// subBits is how many bits of a value are kept below its highest one.
const subBits = 6

func (h *histogram) record(d time.Duration) {
	value := max(0, int64(d))
	h.buckets[bucketOf(uint64(value))].Add(1)
	h.count.Add(1)
	for largest := h.largest.Load(); value > largest; largest = h.largest.Load() {
		if h.largest.CompareAndSwap(largest, value) {
			return
		}
	}
}

// bucketOf is exact below 2^(subBits+1). Above, it is the value's exponent, then its subBits bits after the highest.
func bucketOf(value uint64) int {
	exponent := max(0, bits.Len64(value)-subBits-1)
	return exponent<<subBits + int(value>>exponent)
}

// upperBound is the largest value of a bucket.
func upperBound(bucket int) uint64 {
	exponent := max(0, bucket>>subBits-1)
	return (uint64(bucket-exponent<<subBits)+1)<<exponent - 1
}

// quantile answers the value that a share of what was counted does not exceed, 0 when nothing was.
func (h *histogram) quantile(share float64) time.Duration {
	wanted := int64(share*float64(h.count.Load()) + 0.5)
	if h.count.Load() == 0 {
		return 0
	}
	for bucket := range h.buckets {
		if wanted -= h.buckets[bucket].Load(); wanted <= 0 && h.buckets[bucket].Load() > 0 {
			return min(time.Duration(upperBound(bucket)), h.maximum())
		}
	}
	return h.maximum()
}

func (h *histogram) maximum() time.Duration { return time.Duration(h.largest.Load()) }
