package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// backEnd sends in the names of many users on one stream, as many messages at once as there are senders. A stream that broke is
// opened again for the next message.
type backEnd struct {
	chat chatv1.ChatServiceClient
	key  string

	mu   sync.Mutex // messages go out in the order in which their answers are waited for
	open *backEndStream
}

// backEndStream is one stream. Its answers come in the order of its messages.
type backEndStream struct {
	chatv1.ChatService_SendMessagesClient
	waiting chan chan<- answered
	stop    context.CancelFunc
}

// answered is what became of a message.
type answered struct {
	answer
	err error
}

// maxWaiting is how many messages a stream takes at once.
const maxWaiting = 1024

var errNoAnswer = errors.New("no answer")

// caller answers how a user's messages are sent.
func (b *backEnd) caller(who user, content string) step {
	return func(ctx context.Context, to *conversation, clientMessageID string) (answer, error) {
		reply := make(chan answered, 1)
		stop, err := b.send(ctx, reply, &chatv1.SendMessagesRequest{UserId: who.id, Message: &chatv1.SendMessageRequest{
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

// send puts a message on the stream, and answers how to end that.
func (b *backEnd) send(ctx context.Context, reply chan<- answered, req *chatv1.SendMessagesRequest) (stop func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		if b.open, err = b.connect(ctx); err != nil {
			return nil, err
		}
	}
	b.open.waiting <- reply
	if err := b.open.Send(req); err != nil {
		b.open.stop() // Who waits hears why from the receiving end.
	}
	return b.open.stop, nil
}

func (b *backEnd) connect(ctx context.Context) (*backEndStream, error) {
	ctx, stop := context.WithCancel(metadata.AppendToOutgoingContext(context.WithoutCancel(ctx), "x-api-key", b.key))
	stream, err := b.chat.SendMessages(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	s := &backEndStream{stream, make(chan chan<- answered, maxWaiting), stop}
	go b.receive(s)
	return s, nil
}

// receive hands out the answers until the stream ends, and why it ended to those who wait for more.
func (b *backEnd) receive(s *backEndStream) {
	for {
		got, err := s.Recv()
		if err != nil {
			b.end(s, refusalOf(err))
			return
		}
		reply := <-s.waiting
		if got.GetError() != nil {
			reply <- answered{err: refusalOf(status.ErrorProto(got.GetError()))}
			continue
		}
		reply <- answered{answer: answer{got.GetMessage().GetSeq(), got.GetMessage().GetId()}}
	}
}

func (b *backEnd) end(s *backEndStream, why error) {
	s.stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = nil
	close(s.waiting)
	for reply := range s.waiting {
		reply <- answered{err: why}
	}
}
