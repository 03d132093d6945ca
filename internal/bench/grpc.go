package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// grpcCalls makes calls in the names of users, on connections that they share.
type grpcCalls struct {
	connections []*grpc.ClientConn
	next        atomic.Uint64
}

// window is how much the server may send that is not read yet.
const window = 8 << 20

// DialGRPC answers a connection as a run has: to host:port, or tls://host:port with TLS. It connects at the first call.
func DialGRPC(address string) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if host, secure := strings.CutPrefix(address, "tls://"); secure {
		address, transport = host, credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	// gRPC would ping the server at almost every answer to find out how large a window to give it.
	return grpc.NewClient(address, grpc.WithTransportCredentials(transport),
		grpc.WithStaticStreamWindowSize(window), grpc.WithStaticConnWindowSize(window))
}

func dialAll(address string, connections int) (*grpcCalls, error) {
	g := &grpcCalls{}
	for range connections {
		conn, err := DialGRPC(address)
		if err != nil {
			return nil, errors.Join(err, g.close())
		}
		g.connections = append(g.connections, conn)
	}
	return g, nil
}

func (g *grpcCalls) close() error {
	var errs []error
	for _, conn := range g.connections {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// chat is the service on one of the connections, each in its turn.
func (g *grpcCalls) chat() chatv1.ChatServiceClient {
	return chatv1.NewChatServiceClient(g.connections[g.next.Add(1)%uint64(len(g.connections))])
}

// asBackEnd makes calls with an API key.
func asBackEnd(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-api-key", key)
}

func as(ctx context.Context, who user) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+who.token)
}

// createConversation makes a one_to_one with one other, or a group with several.
func (g *grpcCalls) createConversation(ctx context.Context, creator user, title string, others []*chatv1.NewParticipant) (*chatv1.Conversation, error) {
	request := &chatv1.CreateConversationRequest{Type: chatv1.Conversation_one_to_one, Participants: others}
	var more []*chatv1.NewParticipant
	if len(others) > 1 {
		request.Type, request.Title = chatv1.Conversation_group, "bench "+title
		request.Participants, more = others[:min(len(others), maxNewParticipants)], others[min(len(others), maxNewParticipants):]
	}
	made, err := g.chat().CreateConversation(as(ctx, creator), request)
	for _, m := range more {
		if err != nil {
			break
		}
		_, err = g.chat().AddParticipant(as(ctx, creator), &chatv1.AddParticipantRequest{ConversationId: made.GetId(), UserId: m.GetUserId()})
	}
	return made, err
}

// caller answers how a user sends.
func (g *grpcCalls) caller(_ context.Context, who user, content string) (step, error) {
	chat := g.chat()
	return func(ctx context.Context, to *conversation, clientMessageID string) (answer, error) {
		ctx, cancel := bounded(ctx)
		defer cancel()
		m, err := chat.SendMessage(as(ctx, who), &chatv1.SendMessageRequest{
			ConversationId: to.id, ClientMessageId: clientMessageID, Content: content,
		})
		if err != nil {
			return answer{}, refusalOf(err)
		}
		return answer{m.GetSeq(), m.GetId()}, nil
	}, nil
}

// refusalOf is a status as errors are counted here.
func refusalOf(err error) error {
	after, _ := rpcerr.RetryDelay(err)
	reason := rpcerr.Reason(err)
	if reason == rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return refusal{rpcerr.Code(err).String(), after}
	}
	return refusal{reason.String(), after}
}

// grpcListeners are the streams of a run.
type grpcListeners struct {
	*grpcCalls
	streams bool // to send on
	// backEnds are those who send for all; none when each sends for themself.
	backEnds []*sendStream
	stop     context.CancelFunc
	running  sync.WaitGroup
	failed   func(reason string)
}

// caller answers how a user sends.
func (g *grpcListeners) caller(ctx context.Context, who user, content string) (step, error) {
	if len(g.backEnds) > 0 {
		return g.backEnds[g.next.Add(1)%uint64(len(g.backEnds))].caller(who.id, content), nil
	}
	if !g.streams {
		return g.grpcCalls.caller(ctx, who, content)
	}
	own := &sendStream{chat: g.chat(), as: func(ctx context.Context) context.Context { return as(ctx, who) }}
	return own.caller("", content), nil
}

// receiver opens a user's stream of events, and returns when nothing more is missed.
func (g *grpcListeners) receiver(ctx context.Context, who user, _ *conversation, hear func(heard)) error {
	chat := g.chat()
	stream, err := openStream(ctx, chat, who, "")
	if err != nil {
		return err
	}
	g.running.Go(func() {
		cursor := ""
		for {
			cursor, err = listen(stream, cursor, hear)
			if ctx.Err() != nil {
				return
			}
			g.failed("stream: " + err.Error())
			if stream, err = reopen(ctx, chat, who, cursor); err != nil {
				return
			}
		}
	})
	return nil
}

func openStream(ctx context.Context, chat chatv1.ChatServiceClient, who user, cursor string) (chatv1.ChatService_StreamEventsClient, error) {
	stream, err := chat.StreamEvents(as(ctx, who), &chatv1.StreamEventsRequest{Cursor: cursor})
	if err != nil {
		return nil, err
	}
	if header, err := stream.Header(); err != nil || len(header) == 0 {
		_, err := stream.Recv() // A refusal has no headers.
		return nil, err
	}
	return stream, nil
}

// reopen tries until the run ends.
func reopen(ctx context.Context, chat chatv1.ChatServiceClient, who user, cursor string) (chatv1.ChatService_StreamEventsClient, error) {
	for {
		if stream, err := openStream(ctx, chat, who, cursor); err == nil {
			return stream, nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
}

// listen hears the messages of a stream to its end, and answers the cursor of the last event.
func listen(stream chatv1.ChatService_StreamEventsClient, cursor string, hear func(heard)) (string, error) {
	for {
		e, err := stream.Recv()
		if err != nil {
			return cursor, refusalOf(err)
		}
		cursor = e.GetEvent().GetCursor()
		if m := e.GetEvent().GetMessage(); m != nil && e.GetEvent().GetEvent() == messageCreated {
			hear(heard{arrival{m.GetSeq(), m.GetId(), e.GetEvent().GetEventId()}, e.GetEvent().GetConversationId(), m.GetClientMessageId()})
		}
	}
}

func (g *grpcListeners) close() {
	g.stop()
	g.running.Wait()
}
