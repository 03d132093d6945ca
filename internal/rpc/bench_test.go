package rpc_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
)

type sender struct {
	chatv1.UnimplementedChatServiceServer
}

func (sender) SendMessage(_ context.Context, req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
	return &chatv1.Message{Id: uuid, ConversationId: req.GetConversationId(), Content: req.GetContent()}, nil
}

// nested is a sender that asks a service of the same process for each message, as the chat service has them moderated.
type nested struct {
	sender
	asks func(ctx context.Context) error
}

func (n nested) SendMessage(ctx context.Context, req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
	if err := n.asks(auth.ActAs(ctx, auth.Principal{ApplicationID: "geosector", Kind: auth.KindPeer, Peer: "chat"})); err != nil {
		return nil, err
	}
	return n.sender.SendMessage(ctx, req)
}

func (nested) DeleteMessage(context.Context, *chatv1.DeleteMessageRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// BenchmarkCallWithinACall is a call in memory that makes another.
func BenchmarkCallWithinACall(b *testing.B) {
	n := &nested{}
	s := start(b, n, func(c *rpc.Config) {
		c.Policy = auth.Policy{
			chatv1.ChatService_SendMessage_FullMethodName: auth.Users, chatv1.ChatService_DeleteMessage_FullMethodName: auth.Peers,
		}
		c.Logger = slog.New(slog.DiscardHandler)
	})
	client := chatv1.NewChatServiceClient(s.Loopback("chat"))
	n.asks = func(ctx context.Context) error {
		_, err := client.DeleteMessage(ctx, &chatv1.DeleteMessageRequest{Id: uuid})
		return err
	}
	ctx := auth.ActAs(context.Background(), auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Alice"})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: uuid, Content: "bonjour"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSendMessage is a component's call in a user's name, with the whole chain.
func BenchmarkSendMessage(b *testing.B) {
	s := start(b, sender{}, func(c *rpc.Config) {
		c.Policy = auth.Policy{chatv1.ChatService_SendMessage_FullMethodName: auth.Users}
		c.Logger = slog.New(slog.DiscardHandler)
	})
	ctx := auth.ActAs(context.Background(), auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Alice"})
	req := &chatv1.SendMessageRequest{ConversationId: uuid, ClientMessageId: uuid, Content: strings.Repeat("bonjour ", 30)}
	for way, conn := range map[string]grpc.ClientConnInterface{"network": s.network(b, "mqtt"), "loopback": s.Loopback("mqtt")} {
		b.Run(way, func(b *testing.B) {
			client := chatv1.NewChatServiceClient(conn)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.SendMessage(ctx, req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
