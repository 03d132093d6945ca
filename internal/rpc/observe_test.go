package rpc_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
)

func TestCallersWhoAreLetInAreObserved(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := start(t, &chat{}, func(c *rpc.Config) {
		c.Observe = func(ctx context.Context, p auth.Principal) {
			mu.Lock()
			defer mu.Unlock()
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the observer may wait for ever")
			}
			seen = append(seen, string(p.Kind)+" "+p.UserID)
		}
	})
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			seen = nil
			client := chatv1.NewChatServiceClient(conn)
			stale, err := auth.SignToken(secret, auth.Claims{UserID: "bob", ApplicationID: "geosector", ExpiresAt: time.Now().Add(-time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			for _, credentials := range [][]string{
				{"authorization", "Bearer " + token(t, "alice", "1")},
				{"authorization", "Bearer " + stale},
				{},
				{"x-api-key", apiKey},
			} {
				_, _ = client.GetConversation(metadata.AppendToOutgoingContext(t.Context(), credentials...), good)
			}
			// A member may not do this.
			_, _ = client.CreateConversation(asAlice(t), &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group})
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff([]string{"user alice", "service "}, seen); diff != "" {
				t.Errorf("observed are (-want +got):\n%s", diff)
			}
		})
	}
}
