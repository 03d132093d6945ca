package chat

import (
	"context"

	"github.com/google/uuid"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// notificationPlace is a notification's place in the list: its id, since ids are in the order of time.
type notificationPlace struct {
	ID string `json:"i"`
}

func (k *notificationPlace) valid() bool { return uuid.Validate(k.ID) == nil }

// ListNotifications pages through the caller's notifications, newest first.
func (s *Service) ListNotifications(ctx context.Context, req *chatv1.ListNotificationsRequest) (*chatv1.ListNotificationsResponse, error) {
	p := caller(ctx)
	announcements, err := s.announcementsTo(ctx, p)
	if err != nil {
		return nil, err
	}
	before, err := s.startOfNotifications(ctx, p, req, announcements)
	if err != nil {
		return nil, err
	}
	limit := pageSize(req.GetLimit(), 50)
	list, err := s.store.ListNotifications(ctx, NotificationsQuery{
		ApplicationID: p.ApplicationID,
		UserID:        p.UserID,
		Announcements: announcements,
		UnreadOnly:    req.GetUnreadOnly(),
		Before:        before,
		// One more than asked tells whether there is another page.
		Limit: limit + 1,
		Now:   s.now(),
	})
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListNotificationsResponse{Notifications: list}
	if len(list) > limit {
		answer.Notifications = list[:limit]
		answer.NextPageToken = pageToken(notificationPlace{list[limit-1].GetId()})
	}
	return answer, nil
}

// startOfNotifications answers the notification behind which the page begins; none for the first page, for which it adds
// those of announcements, which are stored for those who ask.
func (s *Service) startOfNotifications(ctx context.Context, p auth.Principal, req *chatv1.ListNotificationsRequest, announcements []string) (string, error) {
	if req.GetPageToken() != "" {
		var before notificationPlace
		err := parsePageToken(req.GetPageToken(), &before)
		return before.ID, err
	}
	pending, err := s.pendingAnnouncements(ctx, p, announcements)
	if err != nil {
		return "", err
	}
	return "", s.store.AddNotifications(ctx, p.ApplicationID, pending)
}

// maxPending is how many announcements someone is notified of who has not read them: the latest.
const maxPending = 100

// pendingAnnouncements answers notifications of announcements that are addressed to a user and that they have not read:
// the same of the same announcement each time. They are stored for those who ask, so that an announcement to a million
// writes none by itself.
func (s *Service) pendingAnnouncements(ctx context.Context, p auth.Principal, announcements []string) ([]*chatv1.ChatNotification, error) {
	if len(announcements) == 0 {
		return nil, nil
	}
	latest, err := s.store.ListAnnouncements(ctx, AnnouncementsQuery{
		ApplicationID: p.ApplicationID, Subject: p.Subject(), IDs: announcements, Limit: maxPending, Now: s.now(),
	})
	if err != nil {
		return nil, err
	}
	var pending []*chatv1.ChatNotification
	for _, a := range latest {
		if a.GetConversation().GetUnreadCount() == 0 || a.GetConversation().GetCreatedBy() == p.Subject() || a.GetMessage().GetDeletedAt() != nil {
			continue
		}
		pending = append(pending, newNotification(p.ApplicationID, p.UserID, chatv1.ChatNotification_new_announcement, &chatv1.Event{
			ConversationId: a.GetConversation().GetId(),
			At:             a.GetConversation().GetCreatedAt(),
			Payload:        &chatv1.Event_Message{Message: a.GetMessage()},
		}))
	}
	return pending, nil
}
