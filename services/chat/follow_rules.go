package chat

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// moderationRest is how long the moderation service is left alone after a stream of its ended.
	moderationRest = time.Second
	// unknownRest is how long one is that does not know the method, as an older one does not.
	unknownRest = time.Minute
)

// followRules keeps the terms of all applications as the moderation service tells them, until the context ends. Every process
// does, for its own senders. While the service is away, what it told last counts.
func (s *Service) followRules(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.noteRules(ctx)
		if ctx.Err() == nil && rpcerr.Code(err) != codes.Unimplemented {
			s.logger.WarnContext(ctx, "moderation rules could not be followed and are asked for again", "error", err)
		}
		_ = giveWay(ctx, restAfter(err))
	}
}

// noteRules reads one stream to its end.
func (s *Service) noteRules(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.moderation.WatchRules(asComponent(ctx, ""), &moderationv1.WatchRulesRequest{})
	if err != nil {
		return err
	}
	for {
		terms, err := stream.Recv()
		if err != nil {
			return err
		}
		s.terms.note(terms)
	}
}

// restAfter is how long to leave the moderation service alone after a stream of its ended.
func restAfter(err error) time.Duration {
	if rpcerr.Code(err) == codes.Unimplemented {
		return unknownRest
	}
	return moderationRest
}
