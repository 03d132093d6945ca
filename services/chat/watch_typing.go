package chat

import (
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// WatchTyping sends a component who types.
func (s *Service) WatchTyping(_ *chatv1.WatchTypingRequest, stream chatv1.ChatService_WatchTypingServer) error {
	news, leave := s.typing.watchers.join()
	defer leave()
	// Who waits for the headers knows that from here on nothing is missed.
	if err := stream.SendHeader(metadata.Pairs("x-palabre-watching", "typing")); err != nil {
		return err
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case word := <-news:
			if err := stream.Send(word); err != nil {
				return err
			}
		}
	}
}
