package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// CreateAnnouncement addresses a message to an audience. What it costs does not depend on the size of the audience: whom
// the targets choose is looked up when someone asks, and in the background to tell them.
func (s *Service) CreateAnnouncement(ctx context.Context, req *chatv1.CreateAnnouncementRequest) (*chatv1.Announcement, error) {
	p := caller(ctx)
	if err := s.checkAnnouncement(p, req); err != nil {
		return nil, err
	}
	a := s.newAnnouncement(ctx, p, req)
	if stored, err := s.earlierAnnouncement(ctx, a); stored != nil || err != nil {
		return stored, err
	}
	if err := s.moderateAnnouncement(ctx, &a); err != nil {
		return nil, err
	}
	// Before the conversation: an audience of none is seen by nobody, a conversation without audience would be.
	audience, err := s.audience.CreateAudience(ctx, &audiencev1.CreateAudienceRequest{
		ConversationId: a.Conversation.GetId(), Targets: req.GetTargets(),
	})
	if err != nil {
		return nil, err
	}
	a.ForEveryone = audience.GetEveryone()
	c, created, err := s.store.CreateAnnouncement(ctx, a)
	if err != nil {
		return nil, err
	}
	if !created {
		return s.repeatedAnnouncement(ctx, a, c)
	}
	return s.announcementOf(ctx, c)
}

// checkAnnouncement looks at what the rules in the proto do not.
func (s *Service) checkAnnouncement(p auth.Principal, req *chatv1.CreateAnnouncementRequest) error {
	if err := s.features[p.ApplicationID].offer(chatv1.Conversation_announcement); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(req.GetTitle()) == "":
		return invalid("title", "is empty")
	case req.GetExpiryDate() != nil && !req.GetExpiryDate().AsTime().After(s.now()):
		return invalid("expiryDate", "is over")
	}
	if err := s.offersAttachments(p, req.GetAttachmentIds()); err != nil {
		return err
	}
	return checkContent(&chatv1.SendMessageRequest{Content: req.GetContent(), AttachmentIds: req.GetAttachmentIds()})
}

// newAnnouncement is what the request asks for, with its author as the one participant and admin.
func (s *Service) newAnnouncement(ctx context.Context, p auth.Principal, req *chatv1.CreateAnnouncementRequest) Announcement {
	now := timestamppb.New(s.now())
	c := &chatv1.Conversation{
		Id:              newID(),
		ApplicationId:   p.ApplicationID,
		Type:            chatv1.Conversation_announcement,
		Title:           strings.TrimSpace(req.GetTitle()),
		ReplyPermission: req.GetReplyPermission(),
		CreatedBy:       p.Subject(),
		CreatedAt:       now,
		UpdatedAt:       now,
		IsPinned:        req.GetIsPinned(),
		ExpiryDate:      req.GetExpiryDate(),
		LastSeq:         1,
	}
	if c.GetReplyPermission() == chatv1.Conversation_reply_permission_unspecified {
		c.ReplyPermission = chatv1.Conversation_none
	}
	if !actsAsItself(p) {
		author := &chatv1.NewParticipant{UserId: p.UserID, Role: chatv1.Participant_admin}
		c.Participants = []*chatv1.Participant{newParticipant(c.GetId(), author, now)}
	}
	c.ParticipantCount = int32(len(c.GetParticipants()))
	draft := s.draft(ctx, &chatv1.SendMessageRequest{
		ConversationId: c.GetId(), ClientMessageId: req.GetClientMessageId(), Content: req.GetContent(), AttachmentIds: req.GetAttachmentIds(),
	})
	draft.Message.IsAnnouncement = true
	return Announcement{Conversation: c, Draft: draft, Key: announcementKey(p, req.GetClientMessageId())}
}

// announcementKey names an announcement by what its author called it. Nothing else is unique by it: a pair's key is two
// user ids, and none of them has an =.
func announcementKey(p auth.Principal, clientMessageID string) string {
	if clientMessageID == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(p.Subject() + "\x00" + clientMessageID))
	return "announcement=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// earlierAnnouncement answers the announcement that an earlier call made, and nil when there is none.
func (s *Service) earlierAnnouncement(ctx context.Context, a Announcement) (*chatv1.Announcement, error) {
	if a.Key == "" {
		return nil, nil
	}
	c, err := s.store.FindByKey(ctx, a.Conversation.GetApplicationId(), a.Key)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.repeatedAnnouncement(ctx, a, c)
}

// repeatedAnnouncement answers what is stored, unless it was another text or title.
func (s *Service) repeatedAnnouncement(ctx context.Context, a Announcement, c *chatv1.Conversation) (*chatv1.Announcement, error) {
	again := a.Draft
	again.Message.Id = MessageID(again.ApplicationID, c.GetId(), again.SenderSubject, again.Message.GetClientMessageId()).String()
	if _, err := s.earlier(ctx, again); err != nil {
		return nil, err
	}
	return s.announcementOf(ctx, c)
}

// moderateAnnouncement asks for the verdict on the title and the text. An announcement does not wait for a moderator: it is
// its author who is trusted with an audience.
func (s *Service) moderateAnnouncement(ctx context.Context, a *Announcement) (err error) {
	if a.Conversation.Title, err = s.moderateText(ctx, "title", a.Conversation.GetTitle(), chatv1.Conversation_announcement); err != nil {
		return err
	}
	return s.moderateNow(ctx, "content", &a.Draft, chatv1.Conversation_announcement)
}
