package audience_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/audience"
)

func TestThePolicyNamesEveryMethod(t *testing.T) {
	if missing := audience.Policy().Missing(&audiencev1.AudienceService_ServiceDesc); len(missing) > 0 {
		t.Errorf("policy.go says nothing of %q", missing)
	}
}

func TestWhatComponentsCallIsForThemOnly(t *testing.T) {
	client := newClient(t)
	calls := map[string]func(context.Context) error{
		"EnsureUsers": func(ctx context.Context) error {
			_, err := client.EnsureUsers(ctx, &audiencev1.EnsureUsersRequest{Users: town()})
			return err
		},
		"GetAudience": func(ctx context.Context) error {
			_, err := client.GetAudience(ctx, &audiencev1.GetAudienceRequest{ConversationId: announcement(1)})
			return err
		},
		"DeleteAudience": func(ctx context.Context) error {
			_, err := client.DeleteAudience(ctx, &audiencev1.DeleteAudienceRequest{ConversationId: announcement(1)})
			return err
		},
		"MatchAudience": func(ctx context.Context) error {
			_, err := client.MatchAudience(ctx, &audiencev1.MatchAudienceRequest{ConversationId: announcement(1), UserId: "bob"})
			return err
		},
		"ListUserAudiences": func(ctx context.Context) error {
			_, err := client.ListUserAudiences(ctx, &audiencev1.ListUserAudiencesRequest{UserId: "bob"})
			return err
		},
		"RecordReceipt": func(ctx context.Context) error {
			_, err := client.RecordReceipt(ctx, &audiencev1.RecordReceiptRequest{ConversationId: announcement(1), UserId: "bob"})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, p := range []auth.Principal{backEnd, forAlice, superAdmin, admin, member, visitor} {
				wantError(t, call(as(t, p)), codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
			}
			wantViolation(t, call(as(t, allPeer)), "x-palabre-principal")
		})
	}
}

func TestWithoutCredentialsNothingIsAnswered(t *testing.T) {
	_, err := newClient(t).ListUsers(t.Context(), &audiencev1.ListUsersRequest{})
	wantError(t, err, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING)
}
