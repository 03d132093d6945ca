package auth

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/metadata"
)

// Where credentials travel in gRPC metadata, and as HTTP headers.
const (
	// MetadataPrincipal holds a peer token. Only components of Palabre send it.
	MetadataPrincipal = "x-palabre-principal"
	// MetadataAuthorization holds "Bearer" and a user's JWT.
	MetadataAuthorization = "authorization"
	// MetadataAPIKey holds the API key of a service.
	MetadataAPIKey = "x-api-key"
	// MetadataUser names the user for whom a service acts. It means nothing without MetadataAPIKey.
	MetadataUser = "x-palabre-user"
)

// Metadata answers who makes a call with this metadata. A peer token comes before a JWT, and that before an API key: a
// component that vouches for somebody may have been given the credentials of somebody else to pass on.
// Errors: ErrNoCredentials, those of Token and APIKey, ErrBadUserID.
func (v *Verifier) Metadata(ctx context.Context, md metadata.MD) (Principal, error) {
	peer, err := single(md, MetadataPrincipal)
	if err != nil {
		return Principal{}, err
	}
	if peer != "" {
		return v.peers.verify(peer)
	}
	authorization, err := single(md, MetadataAuthorization)
	if err != nil {
		return Principal{}, err
	}
	if authorization != "" {
		return v.bearer(ctx, authorization)
	}
	key, err := single(md, MetadataAPIKey)
	if err != nil {
		return Principal{}, err
	}
	user, err := single(md, MetadataUser)
	if err != nil {
		return Principal{}, err
	}
	return v.serviceActingFor(key, user)
}

func (v *Verifier) bearer(ctx context.Context, authorization string) (Principal, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return Principal{}, fmt.Errorf("%w: the authorization is not a bearer token", ErrBadToken)
	}
	return v.Token(ctx, strings.TrimSpace(token))
}

// single answers the only value of a key. With two, one proxy could have checked the one and we the other.
func single(md metadata.MD, key string) (string, error) {
	switch values := md[key]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	default:
		return "", fmt.Errorf("%w: %s came %d times", ErrBadToken, key, len(values))
	}
}
