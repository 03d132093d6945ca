package httpgw

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// What else services are told of a request, besides credentials.
const (
	metadataRequestID      = "x-request-id"
	metadataAcceptLanguage = "accept-language"
	metadataForwardedFor   = "x-forwarded-for"
)

// credentialHeaders are passed on as they are, every value: two of one kind are for the service to refuse. A peer token
// is not among them, because a caller from outside is no component of Palabre.
var credentialHeaders = []string{auth.MetadataAuthorization, auth.MetadataAPIKey, auth.MetadataUser}

// callMetadata answers all the metadata that a call is made with. Nothing else of the request gets into it.
func (g *Gateway) callMetadata(r *http.Request) (metadata.MD, error) {
	md := metadata.MD{}
	for _, name := range credentialHeaders {
		for _, value := range r.Header.Values(name) {
			if !fitsMetadata(value) {
				return nil, errBadHeader(name)
			}
			md.Append(name, value)
		}
	}
	md.Set(metadataRequestID, exchangeOf(r.Context()).id)
	if wanted := r.Header.Get("Accept-Language"); wanted != "" && fitsMetadata(wanted) {
		md.Set(metadataAcceptLanguage, wanted)
	}
	if hops := g.cfg.Proxies.hops(r); len(hops) > 0 {
		md.Set(metadataForwardedFor, strings.Join(hops, ", "))
	}
	return md, nil
}

// fitsMetadata says whether gRPC can carry a value: printable ASCII.
func fitsMetadata(value string) bool {
	return strings.IndexFunc(value, func(r rune) bool { return r < 0x20 || r > 0x7e }) < 0
}

func errBadHeader(name string) error {
	if name == auth.MetadataUser {
		return invalid(name, "must be printable ASCII")
	}
	return rpcerr.New(codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID, name+" must be printable ASCII")
}

type metadataKey struct{}

func withCallMetadata(ctx context.Context, md metadata.MD) context.Context {
	return context.WithValue(ctx, metadataKey{}, md)
}

// annotate hands callMetadata's answer to grpc-gateway.
func annotate(ctx context.Context, _ *http.Request) metadata.MD {
	md, _ := ctx.Value(metadataKey{}).(metadata.MD)
	return md
}
