package flood

import "time"

// Limit is how many messages someone may send within a window. No limit when Messages is 0.
type Limit struct {
	Messages int
	Window   time.Duration
}

// Slot is one that was taken, to be given back if nothing was sent after all.
type Slot struct {
	// at is when it was taken, in microseconds since 1970. Two of a sender's that were taken at the same time are as good as
	// each other.
	at int64
	// here says that this process took it by itself.
	here bool
}

// micros is a clock's time, as precise as it is counted with.
func micros(now func() time.Time) int64 { return now().UnixMicro() }
