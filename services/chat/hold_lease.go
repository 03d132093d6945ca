package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// HoldLease takes a lease for a process of another component, or holds it on, and tells it the lease's secret. Its leases have
// names apart from those of the service's own works.
func (s *Service) HoldLease(ctx context.Context, req *chatv1.HoldLeaseRequest) (*chatv1.HoldLeaseResponse, error) {
	ttl := req.GetTtl().AsDuration()
	name := caller(ctx).Peer + "/" + req.GetName()
	held, err := s.store.HoldLease(ctx, name, req.GetOwner(), ttl)
	if err != nil || !held || ttl == 0 {
		return &chatv1.HoldLeaseResponse{}, err
	}
	secret, err := s.store.LeaseSecret(ctx, name)
	if err != nil {
		return nil, err
	}
	return &chatv1.HoldLeaseResponse{Held: true, Secret: secret}, nil
}
