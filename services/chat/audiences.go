package chat

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat/permission"
)

// maxAnnouncements is how many announcements to a user are looked at, the newest first, where they are mixed with what
// else the user sees. ListAnnouncements goes beyond.
const maxAnnouncements = 1000

// addressee is a user's place in an announcement that is addressed to them: nil when it is not, or no longer. While it is
// not stored, it has no id. The directory says so at any time, and what is stored of them says how far they have read.
func (s *Service) addressee(ctx context.Context, c *chatv1.Conversation, p auth.Principal, stored *chatv1.Participant) (*chatv1.Participant, error) {
	if p.Kind == auth.KindVisitor || p.UserID == "" || permission.Expired(c, s.now()) {
		return nil, nil
	}
	match, err := s.audience.MatchAudience(asComponent(ctx, p.ApplicationID),
		&audiencev1.MatchAudienceRequest{ConversationId: c.GetId(), UserId: p.UserID})
	if err != nil || match.GetTargetId() == "" {
		return nil, err
	}
	if stored != nil {
		return stored, nil
	}
	return &chatv1.Participant{
		ConversationId: c.GetId(),
		UserId:         p.UserID,
		Role:           chatv1.Participant_member,
		JoinedAt:       timestamppb.New(s.now()),
		ViaTarget:      match.GetTargetId(),
	}, nil
}

// seated stores the place of an addressee who is about to need one. Others have theirs.
func (s *Service) seated(ctx context.Context, c *chatv1.Conversation, member *chatv1.Participant) error {
	if member == nil || member.GetId() != "" {
		return nil
	}
	member.Id = newID()
	return s.store.JoinAudience(ctx, c.GetApplicationId(), member)
}

// announcementsTo answers the latest announcements that are addressed to a user now.
func (s *Service) announcementsTo(ctx context.Context, p auth.Principal) ([]string, error) {
	if p.Kind == auth.KindVisitor || p.UserID == "" || !s.features[p.ApplicationID].Announcements {
		return nil, nil
	}
	ids, _, err := s.addressedTo(ctx, p, "", maxAnnouncements)
	return ids, err
}

// addressedTo answers announcements that are addressed to a user now, older than one, newest first; and whether there are
// more.
func (s *Service) addressedTo(ctx context.Context, p auth.Principal, before string, limit int) (ids []string, more bool, err error) {
	answer, err := s.audience.ListUserAudiences(asComponent(ctx, p.ApplicationID),
		&audiencev1.ListUserAudiencesRequest{UserId: p.UserID, BeforeConversationId: before, Limit: int32(limit)})
	if err != nil {
		return nil, false, err
	}
	for _, a := range answer.GetAudiences() {
		ids = append(ids, a.GetConversationId())
	}
	return ids, answer.GetMore(), nil
}
