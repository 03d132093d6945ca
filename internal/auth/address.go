package auth

import (
	"context"
	"net"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

const (
	// MetadataForwardedFor holds the addresses that a call came by, the caller's first. It means nothing without
	// MetadataVia.
	MetadataForwardedFor = "x-forwarded-for"
	// MetadataVia holds the peer token of a component of Palabre that passes on a call, with the credentials of its caller
	// or none. It vouches for nobody, only for the caller's address.
	MetadataVia = "x-palabre-via"
)

// kindVia is the kind of nobody: no Rule lets it in.
const kindVia Kind = "via"

// CallerAddress answers the IP address that the call being handled was made from: the one that our HTTP gateway saw, where
// the call came by it, or else that of the connection. Empty where there is none, as in the process.
func (v *Verifier) CallerAddress(ctx context.Context, md metadata.MD) string {
	if forwarded, _ := single(md, MetadataForwardedFor); forwarded != "" && v.viaPeer(md) {
		first, _, _ := strings.Cut(forwarded, ",")
		return ipOf(strings.TrimSpace(first))
	}
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		host, _, err := net.SplitHostPort(p.Addr.String())
		if err != nil {
			return ""
		}
		return ipOf(host)
	}
	return ""
}

// viaPeer says whether a component of this deployment passed the call on.
func (v *Verifier) viaPeer(md metadata.MD) bool {
	token, err := single(md, MetadataVia)
	if err != nil || token == "" {
		return false
	}
	p, err := v.peers.verify(token)
	return err == nil && p.Kind == kindVia
}

// ipOf answers an address in its one way of writing, and nothing for what is none.
func ipOf(text string) string {
	ip := net.ParseIP(text)
	if ip == nil {
		return ""
	}
	return ip.String()
}

type addressKey struct{}

// WithCallerAddress returns a context of a call made from an address. The interceptors do this; services only read it.
func WithCallerAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// CallerAddressFrom answers the address that the call being handled was made from; empty when it is not known.
func CallerAddressFrom(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
