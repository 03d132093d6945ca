package moderation_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/services/moderation"
)

func TestThePolicyNamesEveryMethod(t *testing.T) {
	if missing := moderation.Policy().Missing(&moderationv1.ModerationService_ServiceDesc); len(missing) > 0 {
		t.Errorf("policy.go says nothing of %q", missing)
	}
}

func TestWhatComesLaterIsUnimplemented(t *testing.T) {
	client, ctx := newClient(t), as(t, admin)
	_, err := client.UpdateRules(ctx, &moderationv1.UpdateRulesRequest{Rules: &moderationv1.Rules{}})
	wantError(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
	_, err = client.GetModerationStats(ctx, &moderationv1.GetModerationStatsRequest{})
	wantError(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
}
