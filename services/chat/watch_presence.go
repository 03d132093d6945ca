package chat

import (
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
