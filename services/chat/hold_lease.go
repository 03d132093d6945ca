package chat

import (
	"context"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// HoldLease takes a lease for a process of another component, or holds it on. Its leases have names apart from those of
// the service's own works.
func (s *Service) HoldLease(ctx context.Context, req *chatv1.HoldLeaseRequest) (*chatv1.HoldLeaseResponse, error) {
	var until time.Time // is over: gives it back
	if ttl := req.GetTtl().AsDuration(); ttl > 0 {
		until = time.Now().Add(ttl)
	}
	held, err := s.store.HoldLease(ctx, caller(ctx).Peer+"/"+req.GetName(), req.GetOwner(), until)
	if err != nil {
		return nil, err
	}
	return &chatv1.HoldLeaseResponse{Held: held && !until.IsZero()}, nil
}
