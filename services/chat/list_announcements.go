package chat

import (
	"context"

	"github.com/google/uuid"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat/permission"
)

// announcementPlace is an announcement's place in the list: its id, since ids are in the order of time.
type announcementPlace struct {
	ID string `json:"i"`
}

func (k *announcementPlace) valid() bool { return uuid.Validate(k.ID) == nil }

// ListAnnouncements pages through the announcements addressed to the caller or written by them, newest first; to a caller
// acting as itself, through all.
func (s *Service) ListAnnouncements(ctx context.Context, req *chatv1.ListAnnouncementsRequest) (*chatv1.ListAnnouncementsResponse, error) {
	p := caller(ctx)
	if err := s.features[p.ApplicationID].offer(chatv1.Conversation_announcement); err != nil {
		return nil, err
	}
	var before announcementPlace
	if req.GetPageToken() != "" {
		if err := parsePageToken(req.GetPageToken(), &before); err != nil {
			return nil, err
		}
	}
	limit := pageSize(req.GetLimit(), 50)
	list, err := s.announcements(ctx, p, before.ID, limit+1)
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListAnnouncementsResponse{Announcements: list}
	if len(list) > limit {
		answer.Announcements = list[:limit]
		answer.NextPageToken = pageToken(announcementPlace{list[limit-1].GetConversation().GetId()})
	}
	return answer, s.completeAnnouncements(ctx, answer.GetAnnouncements())
}

// announcements answers at most limit announcements that are older than one. The directory's answer comes in stretches:
// of each, those that were deleted or have expired are left out, and those the caller wrote in that time are added.
func (s *Service) announcements(ctx context.Context, p auth.Principal, before string, limit int) ([]*chatv1.Announcement, error) {
	var list []*chatv1.Announcement
	for {
		q := AnnouncementsQuery{
			ApplicationID: p.ApplicationID, Subject: p.Subject(), Author: p.Subject(), All: actsAsItself(p),
			Before: before, Limit: limit - len(list), Now: s.now(),
		}
		more := false
		if !q.All {
			var err error
			if q.IDs, more, err = s.addressedTo(ctx, p, before, max(limit, 200)); err != nil {
				return nil, err
			}
			if more {
				q.From = q.IDs[len(q.IDs)-1]
			}
		}
		stretch, err := s.store.ListAnnouncements(ctx, q)
		if err != nil {
			return nil, err
		}
		list = append(list, stretch...)
		if len(list) == limit || !more {
			return list, nil
		}
		before = q.From
	}
}

// completeAnnouncements adds what lists show of announcements besides: to authors, how far their delivery has come.
func (s *Service) completeAnnouncements(ctx context.Context, list []*chatv1.Announcement) error {
	for _, a := range list {
		if s.may(ctx, permission.SeeDelivery, a.GetConversation(), nil) != nil {
			continue
		}
		if err := s.addDelivery(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
