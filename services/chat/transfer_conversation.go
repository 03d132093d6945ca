package chat

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// TransferConversation hands a visitor's conversation over to a colleague, who reads all of it.
func (s *Service) TransferConversation(ctx context.Context, req *chatv1.TransferConversationRequest) (*chatv1.Conversation, error) {
	c, err := s.allowed(ctx, permission.Transfer, req.GetId())
	if err != nil {
		return nil, err
	}
	from, err := s.holder(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.checkSuccessor(ctx, from, req.GetToUserId()); err != nil {
		return nil, err
	}
	notice := s.handoverNotice(ctx, c, from, req)
	if err := s.moderateNow(ctx, "note", &notice, c.GetType()); err != nil {
		return nil, err
	}
	colleague := &chatv1.NewParticipant{UserId: req.GetToUserId(), Role: chatv1.Participant_admin}
	transferred, err := s.store.TransferConversation(ctx, Transfer{
		ApplicationID:  c.GetApplicationId(),
		ConversationID: c.GetId(),
		From:           from,
		To:             newParticipant(c.GetId(), colleague, timestamppb.New(s.now())),
		Notice:         notice,
	})
	if err != nil {
		return nil, err
	}
	return s.withParticipants(ctx, transferred)
}

// holder answers the user who has a visitor's conversation.
func (s *Service) holder(ctx context.Context, c *chatv1.Conversation) (string, error) {
	members, err := s.store.ListParticipants(ctx, c.GetApplicationId(), c.GetId(), ParticipantKey{}, maxParticipantsShown)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(members, holds)
	if i < 0 {
		return "", notFound("user who has the conversation")
	}
	return Subject(members[i]), nil
}

// holds says whether a visitor's conversation is a participant's: the user's who is its admin, and was not the visitor.
func holds(member *chatv1.Participant) bool {
	return member.GetRole() == chatv1.Participant_admin && member.GetAnonymousId() == ""
}

// checkSuccessor refuses one to whom a conversation cannot go.
func (s *Service) checkSuccessor(ctx context.Context, from, to string) error {
	if err := mustBeUser("toUserId", to); err != nil {
		return err
	}
	if to == from {
		return invalid("toUserId", "has the conversation already")
	}
	return s.knownToDirectory(ctx, caller(ctx).ApplicationID, "toUserId", to)
}

// handoverNotice is the system's message of who has the conversation from now on.
func (s *Service) handoverNotice(ctx context.Context, c *chatv1.Conversation, from string, req *chatv1.TransferConversationRequest) Draft {
	language := s.languages[c.GetApplicationId()]
	text := language.handover(s.displayName(ctx, c.GetApplicationId(), from), s.displayName(ctx, c.GetApplicationId(), req.GetToUserId()), req.GetNote())
	return s.systemDraft(c, text)
}

// displayName is what a user is called to others: the directory's name, or else their id.
func (s *Service) displayName(ctx context.Context, applicationID, userID string) string {
	if name := s.names.of(ctx, applicationID, userID); name != "" {
		return name
	}
	return userID
}

// systemDraft is a message that the system says in a conversation.
func (s *Service) systemDraft(c *chatv1.Conversation, content string) Draft {
	req := &chatv1.SendMessageRequest{ConversationId: c.GetId(), ClientMessageId: newID(), Content: content}
	return Draft{
		ApplicationID: c.GetApplicationId(),
		Fingerprint:   fingerprint(req),
		Message: &chatv1.Message{
			Id:               MessageID(c.GetApplicationId(), c.GetId(), "", req.GetClientMessageId()).String(),
			ConversationId:   c.GetId(),
			ClientMessageId:  req.GetClientMessageId(),
			SenderType:       chatv1.Message_system,
			Content:          content,
			ContentType:      chatv1.Message_text,
			CreatedAt:        timestamppb.New(s.now()),
			Status:           chatv1.Message_sent,
			ModerationStatus: chatv1.Message_approved,
		},
	}
}
