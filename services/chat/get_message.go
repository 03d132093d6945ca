package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// GetMessage answers a message of a conversation the caller takes part in. One that is not published is there for its sender
// and, wherever they take part, for the application's admins.
func (s *Service) GetMessage(ctx context.Context, req *chatv1.GetMessageRequest) (*chatv1.Message, error) {
	if caller(ctx).IsAdmin() {
		if m, err := s.findMessage(ctx, req.GetId()); err != nil || !isPublished(m) {
			return m, err
		}
	}
	m, _, _, err := s.visibleMessage(ctx, req.GetId())
	return m, err
}

// findMessage answers a message of the caller's application.
func (s *Service) findMessage(ctx context.Context, id string) (*chatv1.Message, error) {
	m, _, err := s.store.FindMessage(ctx, caller(ctx).ApplicationID, id)
	if errors.Is(err, ErrNotFound) {
		return nil, s.unseen(ctx, "message")
	}
	return m, err
}

// mayKnow says whether a caller may know of a message that is not published.
func mayKnow(p auth.Principal, m *chatv1.Message) bool {
	return actsAsItself(p) || p.IsAdmin() || p.Subject() == senderSubject(m)
}

// visibleMessage answers a message, its conversation, and the caller's place there: nil for a caller acting as itself.
func (s *Service) visibleMessage(ctx context.Context, id string) (*chatv1.Message, *chatv1.Conversation, *chatv1.Participant, error) {
	m, err := s.findMessage(ctx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	if !isPublished(m) && !mayKnow(caller(ctx), m) {
		return nil, nil, nil, s.unseen(ctx, "message")
	}
	c, member, err := s.visible(ctx, m.GetConversationId())
	if rpcerr.Code(err) == codes.NotFound {
		return nil, nil, nil, notFound("message")
	}
	return m, c, member, err
}
