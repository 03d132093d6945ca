package audience_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/services/audience"
)

func TestThePolicyNamesEveryMethod(t *testing.T) {
	if missing := audience.Policy().Missing(&audiencev1.AudienceService_ServiceDesc); len(missing) > 0 {
		t.Errorf("policy.go says nothing of %q", missing)
	}
}

func TestWhatComesLaterIsUnimplemented(t *testing.T) {
	client := newClient(t)
	_, err := client.ListAvailableTargets(as(t, admin), &audiencev1.ListAvailableTargetsRequest{})
	wantError(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
	_, err = client.AnnouncementStats(as(t, admin), &audiencev1.AnnouncementStatsRequest{Id: "0190d5a2-7c5b-7000-8000-000000000000"})
	wantError(t, err, codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
}

func TestWithoutCredentialsNothingIsAnswered(t *testing.T) {
	_, err := newClient(t).ListUsers(t.Context(), &audiencev1.ListUsersRequest{})
	wantError(t, err, codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING)
}
