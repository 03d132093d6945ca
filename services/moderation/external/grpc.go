package external

import (
	"context"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// caller calls a ClassifierService.
type caller struct {
	conn   *grpc.ClientConn
	client moderationv1.ClassifierServiceClient
	secret string
}

func newCaller(u *url.URL, secret string) (*caller, error) {
	security := insecure.NewCredentials()
	if u.Scheme == "grpcs" {
		security = credentials.NewTLS(nil)
	}
	conn, err := grpc.NewClient("dns:///"+u.Host,
		grpc.WithTransportCredentials(security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(longestAnswer)))
	if err != nil {
		return nil, errURL
	}
	return &caller{conn, moderationv1.NewClassifierServiceClient(conn), secret}, nil
}

// Classify implements Client.
func (c *caller) Classify(ctx context.Context, req *moderationv1.ClassifyRequest) (*moderationv1.ClassifyResponse, error) {
	// The metadata of who called us is nobody else's business.
	md := metadata.MD{}
	if c.secret != "" {
		md.Set("authorization", "Bearer "+c.secret)
	}
	return c.client.Classify(metadata.NewOutgoingContext(ctx, md), req)
}

// Close implements Client.
func (c *caller) Close() error { return c.conn.Close() }
