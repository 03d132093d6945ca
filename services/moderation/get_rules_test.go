package moderation_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

func TestGetRulesAnswersThoseOfTheCallersApplication(t *testing.T) {
	client := newClient(t)
	tests := []struct {
		caller auth.Principal
		want   *moderationv1.Rules
	}{
		{admin, rules()[app]}, {superAdmin, rules()[app]}, {backEnd, rules()[app]},
		{stranger, rules()["resalice"]}, {unruled, &moderationv1.Rules{}},
	}
	for _, test := range tests {
		got, err := client.GetRules(as(t, test.caller), &moderationv1.GetRulesRequest{})
		must(t, err)
		if !proto.Equal(got, test.want) {
			t.Errorf("a %s of %s got %v, want %v", test.caller.Kind, test.caller.ApplicationID, got, test.want)
		}
	}
}

func TestGetRulesIsForAdminsAndServices(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, chat} {
		_, err := client.GetRules(as(t, p), &moderationv1.GetRulesRequest{})
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}
