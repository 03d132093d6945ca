package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/presence"
)

// ReportPresence takes note of sessions. Those of applications that have presence switched off are not kept.
func (s *Service) ReportPresence(ctx context.Context, req *chatv1.ReportPresenceRequest) (*emptypb.Empty, error) {
	reports := make([]presence.Report, 0, len(req.GetSessions()))
	for _, session := range req.GetSessions() {
		if !s.features[session.GetApplicationId()].Presence {
			continue
		}
		reports = append(reports, presence.Report{
			User:    presence.User{ApplicationID: session.GetApplicationId(), Subject: session.GetUserId()},
			Session: session.GetSessionId(),
			Online:  session.GetStatus() == chatv1.Presence_online,
			TTL:     session.GetTtl().AsDuration(),
		})
	}
	if err := s.presence.Report(ctx, reports); err != nil {
		return nil, presenceUnknown()
	}
	return &emptypb.Empty{}, nil
}
