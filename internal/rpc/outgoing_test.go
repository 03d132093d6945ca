package rpc_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
)

// tells is a service that tells the test who calls, and its caller the request id.
func tells(callers chan<- auth.Principal) *chat {
	return &chat{get: func(ctx context.Context, _ *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		caller, _ := auth.FromContext(ctx)
		callers <- caller
		return &chatv1.Conversation{Title: rpc.RequestID(ctx)}, nil
	}}
}

func TestAComponentActsAsAnyone(t *testing.T) {
	callers := make(chan auth.Principal, 1)
	s := start(t, tells(callers), nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			for _, p := range []auth.Principal{
				{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Alice", Role: "2", EntityID: "7", RoleKind: auth.RoleAdmin},
				{ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: "v1"},
				{Kind: auth.KindPeer},
			} {
				if _, err := chatv1.NewChatServiceClient(conn).GetConversation(auth.ActAs(within(t), p), good); err != nil {
					t.Fatal(err)
				}
				p.Peer = "mqtt"
				if diff := cmp.Diff(p, <-callers); diff != "" {
					t.Errorf("caller (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestActingWinsOverCredentialsPassedOn(t *testing.T) {
	callers := make(chan auth.Principal, 1)
	s := start(t, tells(callers), nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			bob := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "bob"}
			if _, err := chatv1.NewChatServiceClient(conn).GetConversation(auth.ActAs(asAlice(t), bob), good); err != nil {
				t.Fatal(err)
			}
			if got := <-callers; got.UserID != "bob" {
				t.Errorf("caller %+v", got)
			}
		})
	}
}

func TestTheAddressOfACallerComesWithACallThatIsPassedOn(t *testing.T) {
	addresses := make(chan string, 1)
	s := start(t, &chat{startAnonymous: func(ctx context.Context) { addresses <- auth.CallerAddressFrom(ctx) }}, nil)
	ask := func(ctx context.Context, conn grpc.ClientConnInterface) string {
		t.Helper()
		_, err := chatv1.NewChatServiceClient(conn).StartAnonymousConversation(ctx, &chatv1.StartAnonymousConversationRequest{
			ApplicationId: "geosector", DeviceId: "d", RecipientUserId: "bob",
		})
		if err != nil {
			t.Fatal(err)
		}
		return <-addresses
	}
	forwarded := metadata.AppendToOutgoingContext(within(t), "x-forwarded-for", "203.0.113.7, 10.0.0.1")
	for way, conn := range s.eachWay(t) {
		if got := ask(forwarded, conn); got != "203.0.113.7" {
			t.Errorf("by %s it is %q", way, got)
		}
	}
	outside, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close() })
	if got := ask(forwarded, outside); got != "127.0.0.1" {
		t.Errorf("from outside it is %q", got)
	}
}

func TestAServiceThatCallsAnotherKeepsItsCallerAndRequest(t *testing.T) {
	callers := make(chan auth.Principal, 1)
	last := start(t, tells(callers), nil)
	first := &chat{}
	s := start(t, first, nil)
	for way, between := range map[string]grpc.ClientConnInterface{"network": last.network(t, "chat"), "loopback": last.Loopback("chat")} {
		t.Run("between by "+way, func(t *testing.T) {
			first.get = func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
				return chatv1.NewChatServiceClient(between).GetConversation(ctx, req)
			}
			for way, conn := range s.eachWay(t) {
				t.Run(way, func(t *testing.T) {
					ctx := metadata.AppendToOutgoingContext(asAlice(t), "x-request-id", "req-42")
					got, err := chatv1.NewChatServiceClient(conn).GetConversation(ctx, good)
					if err != nil || got.GetTitle() != "req-42" {
						t.Fatalf("request id %q, %v", got.GetTitle(), err)
					}
					if p := <-callers; p.UserID != "alice" || p.Kind != auth.KindUser || p.Peer != "chat" || p.ExpiresAt.IsZero() {
						t.Errorf("caller %+v", p)
					}
				})
			}
		})
	}
}

func TestAComponentThatThePeersDoNotKnowIsNotTheCallersFault(t *testing.T) {
	last := start(t, &chat{}, nil)
	stranger, err := rpc.Dial(last.address, rpc.DialConfig{Component: "chat", PeerSecret: []byte("the secret of another deployment, by mistake")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stranger.Close() })
	s := start(t, &chat{get: func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		return chatv1.NewChatServiceClient(stranger).GetConversation(ctx, req)
	}}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			_, err := chatv1.NewChatServiceClient(conn).GetConversation(asAlice(t), good)
			wantStatus(t, err, codes.Internal, rpcv1.ErrorReason_INTERNAL)
		})
	}
}

func TestAServerOutOfReachIsUnavailable(t *testing.T) {
	nowhere, err := rpc.Dial("127.0.0.1:1", rpc.DialConfig{Component: "chat", PeerSecret: []byte(peerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nowhere.Close() })
	s := start(t, &chat{get: func(ctx context.Context, req *chatv1.GetConversationRequest) (*chatv1.Conversation, error) {
		return chatv1.NewChatServiceClient(nowhere).GetConversation(ctx, req)
	}}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			_, err := chatv1.NewChatServiceClient(conn).GetConversation(asAlice(t), good)
			wantStatus(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
		})
	}
}

func TestDialNeedsAComponentAndASecret(t *testing.T) {
	for rule, c := range map[string]rpc.DialConfig{
		"no component": {PeerSecret: []byte(peerSecret)},
		"no secret":    {Component: "chat"},
	} {
		if conn, err := rpc.Dial("127.0.0.1:1", c); err == nil {
			conn.Close()
			t.Errorf("%s: was accepted", rule)
		}
	}
}
