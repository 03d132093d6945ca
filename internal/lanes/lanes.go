package lanes

import (
	"sync"
	"time"
)

// idleTime is how long a goroutine waits for another lane. A new one begins with a small stack, which is copied each time it
// has to grow: work that comes one by one would wait for that each time.
const idleTime = 10 * time.Second

// Lanes run work in the order in which it was added for each key, and different keys at once. A lane lives while there is
// work in it, so work that waits for better times holds up nobody else.
type Lanes[T any] struct {
	work func(T)
	next chan string   // the key of a lane, for a goroutine that waits for one
	over chan struct{} // closed by Close

	mu    sync.Mutex
	byKey map[string][]T // with an entry, though empty, while a goroutine runs the lane
	size  int            // waiting or running
	// closed keeps what is outside from adding.
	closed bool
	ended  sync.WaitGroup // the goroutines
}

// New makes Lanes without any work; work does an item.
func New[T any](work func(T)) *Lanes[T] {
	return &Lanes[T]{work: work, next: make(chan string), over: make(chan struct{}), byKey: map[string][]T{}}
}

// Add puts an item at the end of a lane, and does not wait. It answers false once the lanes are closed.
func (l *Lanes[T]) Add(key string, item T) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.put(key, item)
	}
	return !l.closed
}

// Move puts an item that is being worked on at the end of another lane.
func (l *Lanes[T]) Move(key string, item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(key, item)
}

func (l *Lanes[T]) put(key string, item T) {
	l.size++
	waiting, running := l.byKey[key]
	l.byKey[key] = append(waiting, item)
	if running {
		return
	}
	select {
	case l.next <- key:
	default:
		l.ended.Go(func() { l.runLanes(key) })
	}
}

// runLanes runs a lane, and then others until there was none for a while.
func (l *Lanes[T]) runLanes(key string) {
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	for {
		l.run(key)
		idle.Reset(idleTime)
		select {
		case key = <-l.next:
		case <-idle.C:
			return
		case <-l.over:
			return
		}
	}
}

func (l *Lanes[T]) run(key string) {
	for {
		item, ok := l.take(key)
		if !ok {
			return
		}
		l.work(item)
		l.mu.Lock()
		l.size--
		l.mu.Unlock()
	}
}

// take takes the first item of a lane, or takes the lane away when it is empty.
func (l *Lanes[T]) take(key string) (item T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.byKey[key]
	if len(waiting) == 0 {
		delete(l.byKey, key)
		return item, false
	}
	item = waiting[0]
	clear(waiting[:1])
	l.byKey[key] = waiting[1:]
	return item, true
}

// Len is how many items are waiting or being worked on.
func (l *Lanes[T]) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Close takes nothing more, and returns when all lanes are empty.
func (l *Lanes[T]) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.over)
	}
	l.mu.Unlock()
	l.ended.Wait()
}
