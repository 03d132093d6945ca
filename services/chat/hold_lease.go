package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// HoldLease takes a lease for a process of another component, or holds it on. Its leases have names apart from those of
// the service's own works.
func (s *Service) HoldLease(ctx context.Context, req *chatv1.HoldLeaseRequest) (*chatv1.HoldLeaseResponse, error) {
	ttl := req.GetTtl().AsDuration()
	held, err := s.store.HoldLease(ctx, caller(ctx).Peer+"/"+req.GetName(), req.GetOwner(), ttl)
	if err != nil {
		return nil, err
	}
	return &chatv1.HoldLeaseResponse{Held: held && ttl > 0}, nil
}
