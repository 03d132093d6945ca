package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// submitForReview puts a message into the moderators' queue before it is stored: a review whose message never comes harms
// nobody, and one that is missing would leave the message waiting for ever. It answers the message that an earlier call
// stored, which is in the queue if it has to be, or why there can be none; otherwise nothing.
func (s *Service) submitForReview(ctx context.Context, d Draft, v *moderationv1.Verdict) (*chatv1.Message, error) {
	if stored, err := s.look(ctx, d); stored != nil || err != nil {
		return stored, err
	}
	return nil, s.review(ctx, d.Message, v, false)
}

// review puts a message into the moderators' queue, where the rules want them to decide on it. They read what the sender
// wrote, and not what is masked in it.
func (s *Service) review(ctx context.Context, m *chatv1.Message, v *moderationv1.Verdict, isEdit bool) error {
	held := v.GetStatus() == moderationv1.Verdict_pending
	if !held && !asksFor(v, moderationv1.Rule_flag) {
		return nil
	}
	p := caller(ctx)
	_, err := s.moderation.HoldMessage(asComponent(ctx, p.ApplicationID), &moderationv1.HoldMessageRequest{
		Review: &moderationv1.Review{
			ApplicationId:  p.ApplicationID,
			MessageId:      m.GetId(),
			ConversationId: m.GetConversationId(),
			SenderId:       senderSubject(m),
			Content:        m.GetContent(),
			Status:         moderationv1.Verdict_pending,
			Reasons:        v.GetReasons(),
			CreatedAt:      m.GetCreatedAt(),
			RulesVersion:   v.GetRulesVersion(),
			IsPublished:    !held,
		},
		IsEdit: isEdit,
	})
	return err
}

// moderateNow judges a message that is stored with what it is the first or the last of, and cannot wait for a moderator.
func (s *Service) moderateNow(ctx context.Context, field string, d *Draft, t chatv1.Conversation_Type) error {
	s.types.note(d.Message.GetConversationId(), t)
	verdict, err := s.judgeMessage(ctx, d.Message)
	if err == nil {
		err = s.refusalNow(ctx, field, verdict)
	}
	if err == nil {
		err = s.review(ctx, d.Message, verdict, false)
	}
	if err == nil {
		d.judged(verdict)
	}
	return err
}

// concernsModerators says that moderators decide on a message, or are told of it.
func concernsModerators(v *moderationv1.Verdict) bool {
	return v.GetStatus() == moderationv1.Verdict_pending || asksFor(v, moderationv1.Rule_flag) || asksFor(v, moderationv1.Rule_notify)
}

// asksFor says whether a rule that is not only tried asks for an action.
func asksFor(v *moderationv1.Verdict, action moderationv1.Rule_Action) bool {
	for _, r := range v.GetReasons() {
		if r.GetAction() == action && !r.GetDryRun() {
			return true
		}
	}
	return false
}

// judged makes of a draft what the rules let through of it. Without a verdict it stays as it is.
func (d *Draft) judged(v *moderationv1.Verdict) {
	m := d.Message
	m.IsModerated = v != nil
	m.Content = shown(m.GetContent(), v)
	if v.GetStatus() == moderationv1.Verdict_pending {
		m.ModerationStatus = chatv1.Message_pending
	}
	d.Moderation = remark(m, v)
}

// remark is what moderators are told of a message; nil for nothing.
func remark(m *chatv1.Message, v *moderationv1.Verdict) *chatv1.Moderation {
	if !concernsModerators(v) {
		return nil
	}
	return &chatv1.Moderation{
		MessageId:       m.GetId(),
		ConversationId:  m.GetConversationId(),
		Status:          v.GetStatus(),
		Reasons:         effective(v.GetReasons()),
		ClientMessageId: m.GetClientMessageId(),
	}
}

// isPublished says that a message has its place in the conversation. Before, it is there for its sender and the
// application's admins only.
func isPublished(m *chatv1.Message) bool { return m.GetSeq() > 0 }
