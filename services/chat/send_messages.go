package chat

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// streamedAtOnce is how many messages of a stream may be on their way. The proto says so.
	streamedAtOnce = 1024
	// streamedTime is how long a message of a stream may take, which has no deadline of its own.
	streamedTime = 30 * time.Second
)

// SendMessages stores the messages of a stream, and answers each in its turn.
func (s *Service) SendMessages(stream chatv1.ChatService_SendMessagesServer) error {
	onTheirWay := make(chan sending, streamedAtOnce)
	both, ctx := errgroup.WithContext(stream.Context())
	both.Go(func() error {
		for message := range onTheirWay {
			answer, err := streamed(message())
			if err != nil {
				return err
			}
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
		return nil
	})
	both.Go(func() error {
		defer close(onTheirWay)
		return s.submitAll(ctx, stream, onTheirWay)
	})
	return both.Wait()
}

// submitAll submits the messages of a stream, until it ends.
func (s *Service) submitAll(ctx context.Context, stream chatv1.ChatService_SendMessagesServer, onTheirWay chan<- sending) error {
	for {
		req, err := stream.Recv()
		var message sending
		switch {
		case err == nil:
			message = s.submitFor(ctx, req)
		case errors.Is(err, io.EOF):
			return nil
		case rpcerr.Reason(err) == rpcv1.ErrorReason_INVALID_ARGUMENT:
			message = settled(nil, err) // The next one may be well.
		default:
			return err
		}
		select {
		case onTheirWay <- message:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// submitFor submits a message in the name of whom its request says.
func (s *Service) submitFor(ctx context.Context, req *chatv1.SendMessagesRequest) sending {
	if userID := req.GetUserId(); userID != "" {
		p := caller(ctx)
		switch {
		case p.Kind != auth.KindService:
			return settled(nil, rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
				"Only a back end sends in the name of others.", rpcerr.Field("userId", "is for back ends")))
		case !auth.ValidUserID(userID):
			return settled(nil, invalid("userId", "is not a user id"))
		}
		p.UserID = userID
		ctx = auth.NewContext(ctx, p)
	}
	ctx, cancel := context.WithTimeout(ctx, streamedTime)
	message := s.submit(ctx, req.GetMessage())
	return func() (*chatv1.Message, error) {
		defer cancel()
		return message()
	}
}

// streamed is the answer to a message of a stream. A failure of the server's own ends the stream, as it would a call.
func streamed(stored *chatv1.Message, err error) (*chatv1.SendMessagesResponse, error) {
	if err == nil {
		return &chatv1.SendMessagesResponse{Result: &chatv1.SendMessagesResponse_Message{Message: stored}}, nil
	}
	told, foreseen := Errors().Status(err)
	if !foreseen {
		return nil, err
	}
	return &chatv1.SendMessagesResponse{Result: &chatv1.SendMessagesResponse_Error{Error: told.Proto()}}, nil
}
