package bench

import (
	"context"
	"time"

	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// sendStream sends in the name of one user on one stream, each message after the answer to the one before. A stream that
// broke is opened again for the next message.
type sendStream struct {
	chat    chatv1.ChatServiceClient
	who     user
	content string

	stream chatv1.ChatService_SendMessagesClient
	stop   context.CancelFunc
}

func (s *sendStream) send(ctx context.Context, to *conversation, clientMessageID string) (answer, error) {
	if s.stream == nil {
		if err := s.open(ctx); err != nil {
			return answer{}, refusalOf(err)
		}
	}
	// Ending the stream is the only way to end waiting for it.
	defer time.AfterFunc(callTimeout, s.stop).Stop()
	err := s.stream.Send(&chatv1.SendMessagesRequest{Message: &chatv1.SendMessageRequest{
		ConversationId: to.id, ClientMessageId: clientMessageID, Content: s.content,
	}})
	if err != nil {
		_, err = s.stream.Recv() // which says why
		return s.broken(err)
	}
	got, err := s.stream.Recv()
	switch {
	case err != nil:
		return s.broken(err)
	case got.GetError() != nil:
		return answer{}, refusalOf(status.ErrorProto(got.GetError()))
	default:
		return answer{got.GetMessage().GetSeq(), got.GetMessage().GetId()}, nil
	}
}

func (s *sendStream) open(ctx context.Context) (err error) {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.stream, err = s.chat.SendMessages(as(ctx, s.who))
	return err
}

func (s *sendStream) broken(err error) (answer, error) {
	s.stop()
	s.stream = nil
	return answer{}, refusalOf(err)
}
