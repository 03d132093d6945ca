package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestWhoMayCallWhat(t *testing.T) {
	s := start(t, &chat{}, nil)
	get := func(ctx context.Context, c chatv1.ChatServiceClient) error {
		_, err := c.GetConversation(ctx, good)
		return err
	}
	create := func(ctx context.Context, c chatv1.ChatServiceClient) error {
		_, err := c.CreateConversation(ctx, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
		return err
	}
	forgotten := func(ctx context.Context, c chatv1.ChatServiceClient) error {
		_, err := c.ListConversations(ctx, &chatv1.ListConversationsRequest{})
		return err
	}
	anonymous := func(ctx context.Context, c chatv1.ChatServiceClient) error {
		_, err := c.StartAnonymousConversation(ctx, &chatv1.StartAnonymousConversationRequest{
			ApplicationId: "geosector", DeviceId: "d1", RecipientUserId: "bob",
		})
		return err
	}
	stale, err := auth.SignToken(secret, auth.Claims{UserID: "alice", ApplicationID: "geosector", ExpiresAt: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	const ok = rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	for rule, c := range map[string]struct {
		call        func(context.Context, chatv1.ChatServiceClient) error
		credentials []string
		code        codes.Code
		reason      rpcv1.ErrorReason
	}{
		"a user":                     {get, []string{"authorization", "Bearer " + token(t, "alice", "1")}, codes.OK, ok},
		"a service":                  {get, []string{"x-api-key", apiKey}, codes.OK, ok},
		"nobody":                     {get, nil, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING},
		"a bad token":                {get, []string{"authorization", "Bearer x"}, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID},
		"a stale token":              {get, []string{"authorization", "Bearer " + stale}, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED},
		"a bad API key":              {get, []string{"x-api-key", "x"}, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID},
		"a service for a bad user":   {get, []string{"x-api-key", apiKey, "x-palabre-user", "a b"}, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
		"a forged peer":              {get, []string{"x-palabre-principal", token(t, "alice", "1")}, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID},
		"a member, as an admin":      {create, []string{"authorization", "Bearer " + token(t, "alice", "1")}, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED},
		"an admin":                   {create, []string{"authorization", "Bearer " + token(t, "alice", "2")}, codes.OK, ok},
		"a forgotten method":         {forgotten, []string{"authorization", "Bearer " + token(t, "alice", "2")}, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED},
		"a forgotten method, nobody": {forgotten, nil, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED},
		"anyone":                     {anonymous, nil, codes.OK, ok},
		"anyone, with a stale token": {anonymous, []string{"authorization", "Bearer " + stale}, codes.OK, ok},
	} {
		t.Run(rule, func(t *testing.T) {
			for way, conn := range s.eachWay(t) {
				t.Run(way, func(t *testing.T) {
					ctx := metadata.AppendToOutgoingContext(within(t), c.credentials...)
					wantStatus(t, c.call(ctx, chatv1.NewChatServiceClient(conn)), c.code, c.reason)
				})
			}
		})
	}
}

func TestAnInvalidRequestSaysWhatIsWrongWithEachField(t *testing.T) {
	s := start(t, &chat{}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(within(t), "x-api-key", apiKey)
			_, err := chatv1.NewChatServiceClient(conn).CreateConversation(ctx, &chatv1.CreateConversationRequest{
				Type:         chatv1.Conversation_announcement,
				Participants: []*chatv1.NewParticipant{{UserId: "bob"}, {UserId: "not a user"}},
			})
			wantStatus(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
			var fields []string
			for _, v := range rpcerr.FieldViolations(err) {
				if v.Description == "" {
					t.Errorf("%s is not described", v.Field)
				}
				fields = append(fields, v.Field)
			}
			if diff := cmp.Diff([]string{"type", "participants[1].userId"}, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTextThatIsNotUTF8ReachesNoHandler(t *testing.T) {
	s := start(t, &chat{}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(within(t), "x-api-key", apiKey)
			_, err := chatv1.NewChatServiceClient(conn).CreateConversation(ctx, &chatv1.CreateConversationRequest{
				Type: chatv1.Conversation_group, Title: "\xff",
			})
			if err == nil {
				t.Error("was accepted")
			}
		})
	}
}

var errNoRoom, errAway = errors.New("no room"), errors.New("away")

func TestWhatAHandlerFailsWith(t *testing.T) {
	service := &chat{}
	s := start(t, service, func(c *rpc.Config) {
		c.Errors = rpcerr.Table{
			rpcerr.Map(errNoRoom, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such room."),
			rpcerr.Map(errAway, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, ""),
		}
	})
	detailed := rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Too fast.",
		rpcerr.RetryAfter(3*time.Second), rpcerr.Field("content", "is too much"), rpcerr.Metadata("limit", "5"))
	for rule, c := range map[string]struct {
		handler func() (*chatv1.Conversation, error)
		code    codes.Code
		reason  rpcv1.ErrorReason
		logged  string
	}{
		"a sentinel":        {func() (*chatv1.Conversation, error) { return nil, fmt.Errorf("get: %w", errNoRoom) }, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, `"level":"INFO"`},
		"what is missing":   {func() (*chatv1.Conversation, error) { return nil, fmt.Errorf("%w: SECRET disk full", errAway) }, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "SECRET disk full"},
		"a status":          {func() (*chatv1.Conversation, error) { return nil, fmt.Errorf("get: %w", detailed) }, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, `"level":"WARN"`},
		"a driver's error":  {func() (*chatv1.Conversation, error) { return nil, errors.New("SECRET at 10.0.0.1") }, codes.Internal, rpcv1.ErrorReason_INTERNAL, "SECRET at 10.0.0.1"},
		"a panic":           {func() (*chatv1.Conversation, error) { panic("SECRET") }, codes.Internal, rpcv1.ErrorReason_INTERNAL, "chain_test.go"},
		"a nil dereference": {func() (*chatv1.Conversation, error) { var c *rpc.Config; _ = c.Timeout; return nil, nil }, codes.Internal, rpcv1.ErrorReason_INTERNAL, "chain_test.go"},
	} {
		t.Run(rule, func(t *testing.T) {
			service.get = func(context.Context, *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
				return c.handler()
			}
			for way, conn := range s.eachWay(t) {
				t.Run(way, func(t *testing.T) {
					s.log.take()
					ctx := metadata.AppendToOutgoingContext(asAlice(t), "x-request-id", "req-42")
					_, err := chatv1.NewChatServiceClient(conn).GetConversation(ctx, good)
					wantStatus(t, err, c.code, c.reason)
					if strings.Contains(err.Error(), "SECRET") {
						t.Errorf("the caller is told %v", err)
					}
					if c.code == codes.Internal && rpcerr.MetadataOf(err)["requestId"] != "req-42" {
						t.Errorf("the caller is told the request id %q", rpcerr.MetadataOf(err)["requestId"])
					}
					log := s.log.take()
					if strings.Count(log, "\n") != 1 || !strings.Contains(log, c.logged) || !strings.Contains(log, `"request_id":"req-42"`) {
						t.Errorf("logged:\n%s", log)
					}
				})
			}
		})
	}
}

func TestDetailsSurviveTwoHops(t *testing.T) {
	want := rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "Too fast.",
		rpcerr.RetryAfter(3*time.Second), rpcerr.Field("content", "is too much"), rpcerr.Metadata("limit", "5"))
	inner := start(t, &chat{get: func(context.Context, *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		return nil, want
	}}, nil)
	outer := &chat{}
	s := start(t, outer, nil)
	for way, between := range inner.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			outer.get = func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
				_, err := chatv1.NewChatServiceClient(between).GetConversation(ctx, req)
				return nil, fmt.Errorf("ask the other: %w", err)
			}
			for way, conn := range s.eachWay(t) {
				t.Run(way, func(t *testing.T) {
					_, err := chatv1.NewChatServiceClient(conn).GetConversation(asAlice(t), good)
					wantStatus(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT)
					if rpcerr.Message(err) != "Too fast." || rpcerr.MetadataOf(err)["limit"] != "5" || len(rpcerr.FieldViolations(err)) != 1 {
						t.Errorf("error %v", err)
					}
					if d, _ := rpcerr.RetryDelay(err); d != 3*time.Second {
						t.Errorf("retry after %v", d)
					}
				})
			}
		})
	}
}

func TestTheDeadlineIsTheCallersOrTheDefault(t *testing.T) {
	left := make(chan time.Duration, 1)
	service := &chat{get: func(ctx context.Context, _ *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		<-ctx.Done()
		return nil, fmt.Errorf("query: %w", ctx.Err())
	}}
	s := start(t, service, func(c *rpc.Config) { c.Timeout = 50 * time.Millisecond })
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			client := chatv1.NewChatServiceClient(conn)
			alice := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token(t, "alice", "1"))

			_, err := client.GetConversation(alice, good)
			wantStatus(t, err, codes.DeadlineExceeded, rpcv1.ErrorReason_DEADLINE_EXCEEDED)
			if d := <-left; d > 50*time.Millisecond {
				t.Errorf("a call without deadline has %v", d)
			}

			ctx, cancel := context.WithTimeout(alice, 200*time.Millisecond)
			defer cancel()
			// Whether the server or the client notices first decides on the reason, not on the code.
			if _, err = client.GetConversation(ctx, good); rpcerr.Code(err) != codes.DeadlineExceeded {
				t.Errorf("error %v", err)
			}
			if d := <-left; d <= 50*time.Millisecond || d > 200*time.Millisecond {
				t.Errorf("a call with a deadline of 200 ms has %v", d)
			}
		})
	}
}

func TestACallerWhoGivesUpEndsTheHandler(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{}, 1)
	service := &chat{get: func(ctx context.Context, _ *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return nil, ctx.Err()
	}}
	s := start(t, service, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx, giveUp := context.WithCancel(asAlice(t))
			go func() {
				<-began
				giveUp()
			}()
			if _, err := chatv1.NewChatServiceClient(conn).GetConversation(ctx, good); rpcerr.Code(err) != codes.Canceled {
				t.Errorf("error %v", err)
			}
			<-ended
		})
	}
}

type leakKey struct{}

func TestOnlyMetadataTravels(t *testing.T) {
	service := &chat{get: func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		if ctx.Value(leakKey{}) != nil {
			return nil, errors.New("a value of the client's context is there")
		}
		md, _ := metadata.FromIncomingContext(ctx)
		if _, out := metadata.FromOutgoingContext(ctx); out {
			return nil, errors.New("the client's outgoing metadata would go on to others")
		}
		title := strings.Join(md["x-note"], ",")
		return &chatv1.Conversation{Id: req.GetId(), Title: title}, nil
	}}
	s := start(t, service, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			ctx := context.WithValue(asAlice(t), leakKey{}, "leak")
			ctx = metadata.AppendToOutgoingContext(ctx, "x-note", "hello")
			got, err := chatv1.NewChatServiceClient(conn).GetConversation(ctx, good)
			want := &chatv1.Conversation{Id: uuid, Title: "hello"}
			if err != nil || !proto.Equal(got, want) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestMessagesAreCopied(t *testing.T) {
	kept := &chatv1.Conversation{Title: "of the handler"}
	service := &chat{get: func(_ context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		req.Id = "changed by the handler"
		return kept, nil
	}}
	s := start(t, service, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			req := &chatv1.GetConversationRequest{Id: uuid}
			got, err := chatv1.NewChatServiceClient(conn).GetConversation(asAlice(t), req)
			if err != nil {
				t.Fatal(err)
			}
			got.Title = "changed by the client"
			if req.GetId() != uuid || kept.GetTitle() != "of the handler" {
				t.Errorf("request %v, response %v", req, kept)
			}
		})
	}
}

func TestTheRequestIDIsTheCallersIfItBelongsInALog(t *testing.T) {
	service := &chat{get: func(ctx context.Context, _ *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		return &chatv1.Conversation{Title: rpc.RequestID(ctx)}, nil
	}}
	s := start(t, service, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			for id, taken := range map[string]bool{
				"4bf92f35-77b3:1/a": true, "": false, "a b": false, strings.Repeat("a", 65): false, `a"b`: false,
			} {
				got, err := chatv1.NewChatServiceClient(conn).GetConversation(metadata.AppendToOutgoingContext(asAlice(t), "x-request-id", id), good)
				if err != nil {
					t.Fatal(err)
				}
				if got.GetTitle() == "" || (got.GetTitle() == id) != taken {
					t.Errorf("%q became %q", id, got.GetTitle())
				}
			}
		})
	}
}
