package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// sendStream sends on one stream: one user's messages, or in the names of many as a back end does, as many at once as there are
// senders. A stream that broke is opened again for the next message.
type sendStream struct {
	chat chatv1.ChatServiceClient
	// as puts the credentials into a context: of the user, or of the back end.
	as func(context.Context) context.Context

	mu   sync.Mutex // messages go out in the order in which their answers are waited for
	open *openSendStream
}

// openSendStream is one stream. Its answers come in the order of its messages.
type openSendStream struct {
	chatv1.ChatService_SendMessagesClient
	stop    context.CancelFunc
	waiting []chan<- answered
}

// answered is what became of a message.
type answered struct {
	answer
	err error
}

// maxWaiting is how many messages a stream takes at once.
const maxWaiting = 1024

var errNoAnswer = errors.New("no answer")

// caller answers how messages are sent in the name of a user; of whose stream it is when empty.
func (s *sendStream) caller(userID, content string) step {
	return func(ctx context.Context, to *conversation, clientMessageID string) (answer, error) {
		reply, stop, err := s.send(ctx, &chatv1.SendMessagesRequest{UserId: userID, Message: &chatv1.SendMessageRequest{
			ConversationId: to.id, ClientMessageId: clientMessageID, Content: content,
		}})
		if err != nil {
			return answer{}, refusalOf(err)
		}
		timer := time.NewTimer(callTimeout)
		defer timer.Stop()
		select {
		case got := <-reply:
			return got.answer, got.err
		case <-timer.C:
			stop() // The only way to end waiting for it.
			return answer{}, refusalOf(errNoAnswer)
		}
	}
}

// send puts a message on the stream, and answers where its answer comes, and how to end the stream.
func (s *sendStream) send(ctx context.Context, req *chatv1.SendMessagesRequest) (<-chan answered, context.CancelFunc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		if err := s.connect(ctx); err != nil {
			return nil, nil, err
		}
	}
	reply := make(chan answered, 1)
	s.open.waiting = append(s.open.waiting, reply)
	if err := s.open.Send(req); err != nil {
		s.open.stop() // Who waits hears why from the receiving end.
	}
	return reply, s.open.stop, nil
}

func (s *sendStream) connect(ctx context.Context) error {
	ctx, stop := context.WithCancel(s.as(context.WithoutCancel(ctx)))
	stream, err := s.chat.SendMessages(ctx)
	if err != nil {
		stop()
		return err
	}
	s.open = &openSendStream{ChatService_SendMessagesClient: stream, stop: stop}
	go s.receive(s.open)
	return nil
}

// receive hands out the answers until the stream ends, and why it ended to those who wait for more.
func (s *sendStream) receive(from *openSendStream) {
	for {
		got, err := from.Recv()
		if err != nil {
			s.end(from, refusalOf(err))
			return
		}
		s.next(from) <- answerOf(got)
	}
}

// next is who waits for the next answer.
func (s *sendStream) next(from *openSendStream) chan<- answered {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := from.waiting[0]
	from.waiting = from.waiting[1:]
	return reply
}

func (s *sendStream) end(from *openSendStream, why error) {
	from.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = nil
	for _, reply := range from.waiting {
		reply <- answered{err: why}
	}
}

func answerOf(got *chatv1.SendMessagesResponse) answered {
	if got.GetError() != nil {
		return answered{err: refusalOf(status.ErrorProto(got.GetError()))}
	}
	return answered{answer: answer{got.GetMessage().GetSeq(), got.GetMessage().GetId()}}
}
