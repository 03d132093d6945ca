package rpc

import (
	"crypto/tls"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/palabre/palabre/internal/auth"
)

const (
	// reconnectMax is the longest pause between attempts to reach a server. gRPC's own, 2 minutes, would keep a component
	// from one that restarted long ago. An attempt has connectTime, of which the server's greeting is part.
	reconnectMax, connectTime = 2 * time.Second, 5 * time.Second
	// pingTime is how long a connection may be silent before the client asks whether it is alive, and the shortest that gRPC
	// allows; pingTimeout how long the answer may take. Together they are how long a network that swallows everything goes
	// unnoticed. Not more often than minClientPing.
	pingTime, pingTimeout = 10 * time.Second, 4 * time.Second
)

// roundRobin spreads calls over all addresses of a name. gRPC's default would keep to the first.
const roundRobin = `{"loadBalancingConfig": [{"round_robin": {}}]}`

// DialConfig says how to reach the services of another process.
type DialConfig struct {
	// Component is the caller, which vouches for those in whose name it calls. Required.
	Component string
	// PeerSecret is the deployment's, the same as the server's. Required.
	PeerSecret []byte
	// TLS is used on the connection; plain text when nil.
	TLS *tls.Config
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Dial answers a connection to the services at an address: "host:port", or any target gRPC knows. It connects at the first
// call, and again whenever the connection is lost; until then calls fail with UNAVAILABLE. The caller closes it.
func Dial(address string, c DialConfig) (*grpc.ClientConn, error) {
	signer, err := auth.NewPeerSigner(auth.PeerSignerConfig{Secret: c.PeerSecret, Component: c.Component, Now: c.Now})
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	transport := insecure.NewCredentials()
	if c.TLS != nil {
		transport = credentials.NewTLS(c.TLS)
	}
	retry := backoff.DefaultConfig
	retry.MaxDelay = reconnectMax
	out := outgoing{signer}
	conn, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(transport),
		grpc.WithUnaryInterceptor(out.unary),
		grpc.WithStreamInterceptor(out.stream),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxResponse)),
		grpc.WithStaticStreamWindowSize(streamWindow), grpc.WithStaticConnWindowSize(connectionWindow),
		grpc.WithDefaultServiceConfig(roundRobin),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: connectTime}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingTime, Timeout: pingTimeout, PermitWithoutStream: true}),
	)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	return conn, nil
}
