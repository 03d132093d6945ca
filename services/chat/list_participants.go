package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// ListParticipants pages through the present members of a conversation.
func (s *Service) ListParticipants(ctx context.Context, req *chatv1.ListParticipantsRequest) (*chatv1.ListParticipantsResponse, error) {
	c, err := s.allowed(ctx, permission.See, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	var after ParticipantKey
	if req.GetPageToken() != "" {
		if err := parsePageToken(req.GetPageToken(), &after); err != nil {
			return nil, err
		}
	}
	limit := pageSize(req.GetLimit(), 200)
	members, err := s.store.ListParticipants(ctx, c.GetApplicationId(), c.GetId(), after, limit+1)
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListParticipantsResponse{Participants: members}
	if len(members) > limit {
		answer.Participants = members[:limit]
		last := answer.Participants[limit-1]
		answer.NextPageToken = pageToken(ParticipantKey{JoinedAt: last.GetJoinedAt().AsTime().UnixMicro(), ID: last.GetId()})
	}
	s.names.fill(ctx, c.GetApplicationId(), answer.GetParticipants())
	return answer, nil
}
