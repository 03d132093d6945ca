package chat

import (
	"context"
	"strings"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// UpdateMessage gives a message a new text, or says that the caller received or read it and all before.
func (s *Service) UpdateMessage(ctx context.Context, req *chatv1.UpdateMessageRequest) (*chatv1.Message, error) {
	if req.Content == nil && req.Status == nil {
		return nil, invalid("content", "or status has to be given")
	}
	m, c, member, err := s.visibleMessage(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	if req.Content != nil {
		if m, err = s.edit(ctx, m, c, member, req.GetContent()); err != nil {
			return nil, err
		}
	}
	if req.Status == nil {
		return m, nil
	}
	kind := Delivered
	if req.GetStatus() == chatv1.Message_read {
		kind = Read
	}
	if _, err := s.advance(ctx, m.GetConversationId(), kind, m.GetSeq()); err != nil {
		return nil, err
	}
	return s.GetMessage(ctx, &chatv1.GetMessageRequest{Id: req.GetId()})
}

// edit replaces a message's text. The new text is moderated as the first was, but that it cannot wait for a moderator.
func (s *Service) edit(ctx context.Context, m *chatv1.Message, c *chatv1.Conversation, member *chatv1.Participant, content string) (*chatv1.Message, error) {
	action := permission.EditOthers
	if isSender(m, member) {
		action = permission.EditOwn
	}
	if err := s.may(ctx, action, c, member); err != nil {
		return nil, err
	}
	if strings.TrimSpace(content) == "" {
		return nil, invalid("content", "is empty; delete the message instead")
	}
	if !isPublished(m) {
		return nil, ErrMessageHeld
	}
	m.Content = content
	verdict, err := s.judgeMessage(ctx, m)
	if err == nil {
		err = s.refusalNow(ctx, "content", verdict)
	}
	if err != nil {
		return nil, err
	}
	p := caller(ctx)
	if err := s.review(ctx, m, verdict, true); err != nil {
		return nil, err
	}
	return s.store.EditMessage(ctx, Edit{
		ApplicationID: p.ApplicationID, MessageID: m.GetId(), Content: shown(content, verdict), By: p.Subject(), Moderation: remark(m, verdict),
	})
}

// senderSubject is who sent a message, as participants are named; empty for the system.
func senderSubject(m *chatv1.Message) string {
	if m.GetSenderType() == chatv1.Message_anonymous {
		return visitorPrefix + m.GetSenderId()
	}
	return m.GetSenderId()
}

// isSender says whether a member sent a message.
func isSender(m *chatv1.Message, member *chatv1.Participant) bool {
	switch m.GetSenderType() {
	case chatv1.Message_user:
		return m.GetSenderId() == member.GetUserId()
	case chatv1.Message_anonymous:
		return m.GetSenderId() == member.GetAnonymousId()
	default:
		return false
	}
}
