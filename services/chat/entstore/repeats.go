package entstore

import (
	"sync/atomic"
	"time"
)

// lookAfterRepeat is how long each batch looks for repeats after one came: they come together, as when a gateway begins again
// and its broker gives it once more what it had not acknowledged.
const lookAfterRepeat = 10 * time.Second

// repeats remembers when a message last came that was stored already.
type repeats struct{ last atomic.Int64 }

func (r *repeats) came() { r.last.Store(time.Now().UnixNano()) }

// expected says that more of them are likely.
func (r *repeats) expected() bool {
	last := r.last.Load()
	return last != 0 && time.Since(time.Unix(0, last)) < lookAfterRepeat
}
