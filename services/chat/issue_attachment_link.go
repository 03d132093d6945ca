package chat

import (
	"context"
	"net/url"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// IssueAttachmentLink answers a link to a file that the caller may have, which needs no header.
func (s *Service) IssueAttachmentLink(ctx context.Context, req *chatv1.IssueAttachmentLinkRequest) (*chatv1.AttachmentLink, error) {
	a, err := s.readable(ctx, req.GetId(), "")
	if err != nil {
		return nil, err
	}
	p, until := caller(ctx), s.now().Add(linkTime)
	if !p.ExpiresAt.IsZero() && p.ExpiresAt.Before(until) {
		until = p.ExpiresAt // It stands for the caller's token, and does not outlive it.
	}
	token, err := s.linkToken(p, a.File.GetId(), until)
	if err != nil {
		return nil, err
	}
	return &chatv1.AttachmentLink{
		Url:       a.File.GetUrl() + "?token=" + url.QueryEscape(token),
		ExpiresAt: timestamppb.New(until),
	}, nil
}
