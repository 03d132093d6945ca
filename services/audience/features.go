package audience

import (
	"context"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// announces answers an error for a caller whose application has announcements switched off.
func (s *Service) announces(ctx context.Context) error {
	p, _ := auth.FromContext(ctx)
	if !s.silent[p.ApplicationID] {
		return nil
	}
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED,
		"This application has announcements switched off.", rpcerr.Metadata("feature", "announcements"))
}
