package chat

import "sync"

// watchers are the streams that are told of something as it happens, and of nothing that happened before.
type watchers[T any] struct {
	mu   sync.Mutex
	news map[chan T]struct{}
}

// watcherBacklog is how much waits for a stream. One that is slower than that misses some: late, it is worth nothing.
const watcherBacklog = 64

func (w *watchers[T]) join() (news chan T, leave func()) {
	news = make(chan T, watcherBacklog)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.news == nil {
		w.news = map[chan T]struct{}{}
	}
	w.news[news] = struct{}{}
	return news, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.news, news)
	}
}

// none says that nobody watches.
func (w *watchers[T]) none() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.news) == 0
}

func (w *watchers[T]) tell(news T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for watcher := range w.news {
		select {
		case watcher <- news:
		default:
		}
	}
}
