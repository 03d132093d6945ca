package chat

import (
	"sync"

	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// WatchPresence sends a component who came or went, and whom to tell.
func (s *Service) WatchPresence(_ *chatv1.WatchPresenceRequest, stream chatv1.ChatService_WatchPresenceServer) error {
	news, leave := s.watchers.join()
	defer leave()
	// Who waits for the headers knows that from here on nothing is missed.
	if err := stream.SendHeader(metadata.Pairs("x-palabre-watching", "presence")); err != nil {
		return err
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case digest := <-news:
			if err := stream.Send(digest); err != nil {
				return err
			}
		}
	}
}

// presenceWatchers are the streams that are told of who comes and goes.
type presenceWatchers struct {
	mu   sync.Mutex
	news map[chan *chatv1.WatchPresenceResponse]struct{}
}

// watcherBacklog is how many digests wait for a stream. One that is slower than that misses some: late, they are worth
// nothing.
const watcherBacklog = 64

func (w *presenceWatchers) join() (news chan *chatv1.WatchPresenceResponse, leave func()) {
	news = make(chan *chatv1.WatchPresenceResponse, watcherBacklog)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.news == nil {
		w.news = map[chan *chatv1.WatchPresenceResponse]struct{}{}
	}
	w.news[news] = struct{}{}
	return news, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.news, news)
	}
}

// none says that nobody watches.
func (w *presenceWatchers) none() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.news) == 0
}

func (w *presenceWatchers) tell(digest *chatv1.WatchPresenceResponse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for news := range w.news {
		select {
		case news <- digest:
		default:
		}
	}
}
