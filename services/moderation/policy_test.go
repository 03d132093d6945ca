package moderation_test

import (
	"testing"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

func TestThePolicyNamesEveryMethod(t *testing.T) {
	if missing := moderation.Policy().Missing(&moderationv1.ModerationService_ServiceDesc); len(missing) > 0 {
		t.Errorf("policy.go says nothing of %q", missing)
	}
}
