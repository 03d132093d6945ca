package chat

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// GetAttachment answers what a file is, to whoever may have it.
func (s *Service) GetAttachment(ctx context.Context, req *chatv1.GetAttachmentRequest) (*chatv1.Attachment, error) {
	a, err := s.readable(ctx, req.GetId(), req.GetToken())
	return a.File, err
}

// readable answers a file that the caller may have, or whoever a link was issued to: of a message that they see, or uploaded
// by them and not sent.
func (s *Service) readable(ctx context.Context, id, token string) (Attachment, error) {
	ctx, err := s.asHolder(ctx, id, token)
	if err != nil {
		return Attachment{}, err
	}
	p := caller(ctx)
	if err := s.offersFiles(p); err != nil {
		return Attachment{}, err
	}
	a, err := s.store.FindAttachment(ctx, p.ApplicationID, id, s.now())
	if errors.Is(err, ErrNotFound) {
		return Attachment{}, s.unseen(ctx, "attachment")
	}
	if err == nil {
		err = s.seesFile(ctx, a)
	}
	if err != nil {
		return Attachment{}, err
	}
	return a, nil
}

// asHolder makes the call that of whoever a link was issued to. Without a link the caller has to be known.
func (s *Service) asHolder(ctx context.Context, id, token string) (context.Context, error) {
	if token != "" {
		holder, err := s.linkHolder(token, id)
		return auth.NewContext(ctx, holder), err
	}
	if _, known := auth.FromContext(ctx); !known {
		return ctx, errCredentialsMissing
	}
	return ctx, nil
}

// seesFile answers why a file does not exist for a caller, and nothing when it does.
func (s *Service) seesFile(ctx context.Context, a Attachment) error {
	if a.MessageID == "" {
		if a.Uploader != caller(ctx).Subject() {
			return s.unseen(ctx, "attachment")
		}
		return s.admitVisitor(ctx)
	}
	m, err := s.GetMessage(ctx, &chatv1.GetMessageRequest{Id: a.MessageID})
	if rpcerr.Code(err) == codes.NotFound || err == nil && m.GetDeletedAt() != nil {
		return notFound("attachment")
	}
	return err
}
