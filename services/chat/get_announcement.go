package chat

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// GetAnnouncement answers an announcement addressed to the caller or written by them.
func (s *Service) GetAnnouncement(ctx context.Context, req *chatv1.GetAnnouncementRequest) (*chatv1.Announcement, error) {
	if err := s.features[caller(ctx).ApplicationID].offer(chatv1.Conversation_announcement); err != nil {
		return nil, err
	}
	c, _, err := s.visible(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if c.GetType() != chatv1.Conversation_announcement {
		return nil, notFound("announcement")
	}
	return s.announcementOf(ctx, c)
}

// announcementOf answers an announcement alone: to its author with its targets and how far its delivery has come.
func (s *Service) announcementOf(ctx context.Context, c *chatv1.Conversation) (*chatv1.Announcement, error) {
	p := caller(ctx)
	list, err := s.store.ListAnnouncements(ctx, AnnouncementsQuery{
		ApplicationID: c.GetApplicationId(), Subject: p.Subject(), One: c.GetId(), Limit: 1, Now: s.now(),
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound("announcement")
	}
	a := list[0]
	if a.Conversation, err = s.withParticipants(ctx, a.GetConversation()); err != nil || s.may(ctx, permission.SeeDelivery, c, nil) != nil {
		return a, err
	}
	audience, err := s.audience.GetAudience(asComponent(ctx, p.ApplicationID), &audiencev1.GetAudienceRequest{ConversationId: c.GetId()})
	if err != nil {
		return nil, err
	}
	a.Targets = audience.GetTargets()
	return a, s.addDelivery(ctx, a)
}

// addDelivery says how far an announcement's delivery has come.
func (s *Service) addDelivery(ctx context.Context, a *chatv1.Announcement) error {
	d, err := s.store.FindDelivery(ctx, a.GetConversation().GetApplicationId(), a.GetConversation().GetId())
	if errors.Is(err, ErrNotFound) {
		return nil // Its event is so old that nobody keeps how it was delivered.
	}
	if err != nil {
		return err
	}
	a.Delivery = &chatv1.AnnouncementDelivery{
		Status:         chatv1.AnnouncementDelivery_pending,
		PublishedCount: d.PublishedCount,
		StartedAt:      optionalTimestamp(d.StartedAt),
		FinishedAt:     optionalTimestamp(d.FinishedAt),
	}
	switch {
	case !d.FinishedAt.IsZero():
		a.Delivery.Status = chatv1.AnnouncementDelivery_done
	case !d.StartedAt.IsZero():
		a.Delivery.Status = chatv1.AnnouncementDelivery_running
	}
	return nil
}

func optionalTimestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
