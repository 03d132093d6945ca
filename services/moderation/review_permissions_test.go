package moderation_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

// calls are how to make each call that has to do with reviews.
func (m moderators) calls() map[string]func(context.Context) error {
	id := uuid.NewString()
	return map[string]func(context.Context) error{
		"ListReviewQueue": func(ctx context.Context) error {
			_, err := m.ListReviewQueue(ctx, &moderationv1.ListReviewQueueRequest{})
			return err
		},
		"ReviewMessage": func(ctx context.Context) error { _, err := m.review(ctx, id, approved); return err },
		"ReviewMessages": func(ctx context.Context) error {
			_, err := m.ReviewMessages(ctx, &moderationv1.ReviewMessagesRequest{MessageIds: []string{id}, Status: approved})
			return err
		},
		"AppealMessage": func(ctx context.Context) error { _, err := m.appeal(ctx, id, "Une citation."); return err },
		"ListModerationLog": func(ctx context.Context) error {
			_, err := m.ListModerationLog(ctx, &moderationv1.ListModerationLogRequest{})
			return err
		},
		"HoldMessage": func(ctx context.Context) error {
			_, err := m.HoldMessage(ctx, &moderationv1.HoldMessageRequest{Review: messageOf("bob")})
			return err
		},
		"ForgetMessages": func(ctx context.Context) error {
			_, err := m.ForgetMessages(ctx, &moderationv1.ForgetMessagesRequest{MessageIds: []string{id}})
			return err
		},
		"WatchDecisions": func(ctx context.Context) error {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			stream, err := m.WatchDecisions(ctx, &moderationv1.WatchDecisionsRequest{})
			if err != nil {
				return err
			}
			if header, err := stream.Header(); err != nil || len(header.Get("x-palabre-watching")) > 0 {
				return err
			}
			_, err = stream.Recv() // Without the header it is why there is none.
			return err
		},
		"SettleDecisions": func(ctx context.Context) error {
			_, err := m.SettleDecisions(ctx, &moderationv1.SettleDecisionsRequest{
				Decisions: []*moderationv1.Decision{{MessageId: id, ReviewedAt: timestamppb.Now()}},
			})
			return err
		},
	}
}

// Moderators moderate, senders appeal, and components do the rest.
func TestWhoMayDoWhatWithReviews(t *testing.T) {
	all := []auth.Principal{admin, superAdmin, backEnd, forBob, member, visitor, chat}
	may := map[string][]auth.Principal{
		"ListReviewQueue":   {admin, superAdmin, backEnd, forBob},
		"ReviewMessage":     {admin, superAdmin, backEnd, forBob},
		"ReviewMessages":    {admin, superAdmin, backEnd, forBob},
		"ListModerationLog": {admin, superAdmin, backEnd, forBob},
		"AppealMessage":     {admin, superAdmin, forBob, member, visitor},
		"HoldMessage":       {chat},
		"ForgetMessages":    {chat},
		"WatchDecisions":    {chat},
		"SettleDecisions":   {chat},
	}
	for name, call := range newModerators(t).calls() {
		for _, p := range all {
			t.Run(name+" by a "+string(p.Kind)+" "+p.UserID, func(t *testing.T) {
				err := call(as(t, p))
				switch {
				case !slices.Contains(may[name], p):
					wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
				case err != nil:
					wantError(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
				}
			})
		}
		t.Run(name+" by nobody", func(t *testing.T) {
			wantError(t, call(t.Context()), codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING)
		})
	}
}
