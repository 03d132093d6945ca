package rpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
)

type eventStream = grpc.ServerStreamingServer[chatv1.StreamEventsResponse]

// drain reads a stream to its end.
func drain(ctx context.Context, conn grpc.ClientConnInterface, req *chatv1.StreamEventsRequest) (applications []string, end error) {
	stream, err := chatv1.NewChatServiceClient(conn).StreamEvents(ctx, req)
	if err != nil {
		return nil, err
	}
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return applications, nil
		}
		if err != nil {
			return applications, err
		}
		applications = append(applications, event.GetApplicationId())
	}
}

func TestAStreamPassesTheSameChain(t *testing.T) {
	service := &chat{stream: func(req *chatv1.StreamEventsRequest, s eventStream) error {
		caller, _ := auth.FromContext(s.Context())
		for range 3 {
			if err := s.Send(&chatv1.StreamEventsResponse{ApplicationId: caller.ApplicationID}); err != nil {
				return err
			}
		}
		switch req.GetCursor() {
		case "fails":
			return errors.New("SECRET")
		case "panics":
			panic("SECRET")
		}
		return nil
	}}
	s := start(t, service, nil)
	const ok = rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	for rule, c := range map[string]struct {
		credentials []string
		cursor      string
		events      int
		code        codes.Code
		reason      rpcv1.ErrorReason
	}{
		"a user":          {[]string{"authorization", "Bearer " + token(t, "alice", "1")}, "", 3, codes.OK, ok},
		"nobody":          {nil, "", 0, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING},
		"a service":       {[]string{"x-api-key", apiKey}, "", 0, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED},
		"invalid":         {[]string{"authorization", "Bearer " + token(t, "alice", "1")}, strings.Repeat("a", 201), 0, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
		"one that fails":  {[]string{"authorization", "Bearer " + token(t, "alice", "1")}, "fails", 3, codes.Internal, rpcv1.ErrorReason_INTERNAL},
		"one that panics": {[]string{"authorization", "Bearer " + token(t, "alice", "1")}, "panics", 3, codes.Internal, rpcv1.ErrorReason_INTERNAL},
	} {
		t.Run(rule, func(t *testing.T) {
			for way, conn := range s.eachWay(t) {
				t.Run(way, func(t *testing.T) {
					ctx := metadata.AppendToOutgoingContext(within(t), c.credentials...)
					events, err := drain(ctx, conn, &chatv1.StreamEventsRequest{Cursor: c.cursor})
					wantStatus(t, err, c.code, c.reason)
					if len(events) != c.events {
						t.Errorf("%d events; want %d", len(events), c.events)
					}
				})
			}
		})
	}
}

// endless is a stream that ends with its context only.
func endless(_ *chatv1.StreamEventsRequest, s eventStream) error {
	if err := s.Send(&chatv1.StreamEventsResponse{}); err != nil {
		return err
	}
	<-s.Context().Done()
	return s.Context().Err()
}

func TestAStreamHasNoDefaultDeadlineAndEndsWithItsCallersToken(t *testing.T) {
	// The server's clock is an hour ahead of the tokens' but for a moment and the grace.
	s := start(t, &chat{stream: endless}, func(c *rpc.Config) {
		c.Timeout = time.Nanosecond
		c.Now = func() time.Time { return time.Now().Add(time.Hour + 9900*time.Millisecond) }
	})
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token(t, "alice", "1"))
			events, err := drain(ctx, conn, &chatv1.StreamEventsRequest{})
			wantStatus(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED)
			if len(events) != 1 {
				t.Errorf("%d events", len(events))
			}
		})
	}
}

func TestAClientThatLeavesAStreamIsNoFailureOfTheServer(t *testing.T) {
	ended := make(chan struct{}, 1)
	s := start(t, &chat{stream: func(_ *chatv1.StreamEventsRequest, s eventStream) error {
		defer func() { ended <- struct{}{} }()
		for {
			if err := s.Send(&chatv1.StreamEventsResponse{}); err != nil {
				return err
			}
		}
	}}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx, leave := context.WithCancel(asAlice(t))
			defer leave()
			stream, err := chatv1.NewChatServiceClient(conn).StreamEvents(ctx, &chatv1.StreamEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			leave()
			<-ended
		})
	}
	if err := s.Shutdown(within(t)); err != nil { // Until the last line is logged.
		t.Fatal(err)
	}
	if log := s.log.take(); strings.Contains(log, "ERROR") || strings.Count(log, `"code":"Canceled"`) != 2 {
		t.Errorf("logged:\n%s", log)
	}
}

func TestShutdownEndsStreamsAndLetsCallsFinish(t *testing.T) {
	began, proceed := make(chan struct{}), make(chan struct{})
	service := &chat{stream: endless}
	s := start(t, service, nil)
	loopback := chatv1.NewChatServiceClient(s.Loopback("chat"))
	service.get = func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		if metadata.ValueFromIncomingContext(ctx, "x-inner") != nil {
			return &chatv1.Conversation{}, nil
		}
		began <- struct{}{}
		<-proceed
		// In the process, a call that is being finished may still make others.
		return loopback.GetConversation(metadata.AppendToOutgoingContext(ctx, "x-inner", "1"), req)
	}
	answers, ends := make(chan error, 2), make(chan error, 2)
	for _, conn := range []grpc.ClientConnInterface{s.network(t, "mqtt"), s.Loopback("mqtt")} {
		stream, err := chatv1.NewChatServiceClient(conn).StreamEvents(asAlice(t), &chatv1.StreamEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		ctx := asAlice(t)
		go func() {
			_, err := chatv1.NewChatServiceClient(conn).GetConversation(ctx, good)
			answers <- err
		}()
		<-began
		go func() {
			_, err := stream.Recv()
			ends <- err
		}()
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t)) }()
	for range 2 {
		wantStatus(t, <-ends, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	}
	close(proceed)
	for range 2 {
		if err := <-answers; err != nil {
			t.Errorf("a call that had begun: %v", err)
		}
	}
	if err := <-down; err != nil {
		t.Errorf("shut down: %v", err)
	}
}

func TestShutdownWaitsNoLongerThanItsContext(t *testing.T) {
	began := make(chan struct{}, 2)
	service := &chat{get: func(ctx context.Context, _ *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		began <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	s := start(t, service, nil)
	ended := make(chan error, 1)
	ctx, network := asAlice(t), chatv1.NewChatServiceClient(s.network(t, "mqtt"))
	go func() {
		_, err := network.GetConversation(ctx, good)
		ended <- err
	}()
	<-began
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = s.Shutdown(over) // It may have ended the call in time, or not.
	if err := <-ended; err == nil {
		t.Error("the call that hung was answered")
	}
}

func TestWhatIsReceivedIsTheReceiversOwn(t *testing.T) {
	shared := &chatv1.Event{Event: "message.created", Payload: &chatv1.Event_Message{Message: &chatv1.Message{Content: "bonjour"}}}
	s := start(t, &chat{stream: func(_ *chatv1.StreamEventsRequest, stream eventStream) error {
		for range 2 {
			if err := stream.Send(&chatv1.StreamEventsResponse{Event: shared, Recipients: []string{"alice", "bob"}}); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(within(t), "authorization", "Bearer "+token(t, "alice", "1"))
			stream, err := chatv1.NewChatServiceClient(conn).StreamEvents(ctx, &chatv1.StreamEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := stream.Recv()
				if err != nil {
					t.Fatal(err)
				}
				want := &chatv1.StreamEventsResponse{Event: shared, Recipients: []string{"alice", "bob"}}
				if !proto.Equal(got, want) {
					t.Errorf("received %v, want %v", got, want)
				}
				got.Recipients[0], got.Event.Event = "mallory", "changed"
				got.GetEvent().GetMessage().Content = "changed"
			}
			if shared.GetMessage().GetContent() != "bonjour" || shared.GetEvent() != "message.created" {
				t.Errorf("the sender's is %v", shared)
			}
		})
	}
}
