package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ListPresence says which of some users are connected, of those whom the caller may know it of.
func (s *Service) ListPresence(ctx context.Context, req *chatv1.ListPresenceRequest) (*chatv1.ListPresenceResponse, error) {
	p := caller(ctx)
	if err := s.features[p.ApplicationID].offerPresence(); err != nil {
		return nil, err
	}
	if err := s.admitVisitor(ctx); err != nil {
		return nil, err
	}
	subjects := req.GetUserIds()
	if !actsAsItself(p) {
		companions, err := s.store.FilterCompanions(ctx, p.ApplicationID, p.Subject(), subjects)
		if err != nil {
			return nil, err
		}
		subjects = companions
	}
	states, err := s.presence.Look(ctx, usersOf(p.ApplicationID, inOrderOf(req.GetUserIds(), subjects)))
	if err != nil {
		return nil, presenceUnknown()
	}
	answer := &chatv1.ListPresenceResponse{}
	for _, state := range states {
		answer.Presences = append(answer.Presences, presenceProto(state))
	}
	return answer, nil
}
