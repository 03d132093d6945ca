package audience

import (
	"context"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// scope is the part of the directory that a caller may see and address.
type scope struct {
	applicationID string
	// entityID is the entity that the caller is confined to; empty for the whole application.
	entityID string
}

// scopeOf answers how far the caller of a request sees: an entity's admin as far as their entity, everyone else whom the
// policy lets in the whole application.
func scopeOf(ctx context.Context) (scope, error) {
	p, _ := auth.FromContext(ctx) // The interceptors let no call pass without one.
	switch {
	case p.ApplicationID == "":
		return scope{}, invalid("x-palabre-principal", "names no application")
	case p.Kind != auth.KindUser || p.RoleKind == auth.RoleSuperAdmin:
		return scope{applicationID: p.ApplicationID}, nil
	case p.RoleKind != auth.RoleAdmin || p.EntityID == "":
		return scope{}, notAllowed("The caller is admin of no entity.")
	}
	return scope{p.ApplicationID, p.EntityID}, nil
}

// confine answers an error unless a selection stays within the scope.
func (s scope) confine(to Selection) error {
	if s.entityID != "" && to.EntityID != s.entityID {
		return notAllowed("An entity's admin may address the users of their entity only.")
	}
	return nil
}

// selections answers whom targets choose, or an error when that reaches beyond the scope.
func (s scope) selections(targets []*audiencev1.AudienceTarget) ([]Selection, error) {
	chosen, err := selections(targets)
	if err != nil {
		return nil, err
	}
	for _, selection := range chosen {
		if err := s.confine(selection); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

func notAllowed(message string) error {
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED, message)
}
