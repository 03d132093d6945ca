package moderation_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/moderation"
)

// pollOfTheTests is soon.
const pollOfTheTests = 20 * time.Millisecond

// rulesWatch is a WatchRules that goes on.
type rulesWatch struct {
	stream moderationv1.ModerationService_WatchRulesClient
}

func watchRules(t *testing.T, client moderationv1.ModerationServiceClient, p auth.Principal) rulesWatch {
	t.Helper()
	stream, err := client.WatchRules(as(t, p), &moderationv1.WatchRulesRequest{})
	must(t, err)
	return rulesWatch{stream}
}

func (w rulesWatch) next(t *testing.T) *moderationv1.WatchRulesResponse {
	t.Helper()
	limits, err := w.stream.Recv()
	must(t, err)
	return limits
}

// until waits for a version of an application's rules.
func (w rulesWatch) until(t *testing.T, application string, version int64) *moderationv1.WatchRulesResponse {
	t.Helper()
	for {
		if limits := w.next(t); limits.GetApplicationId() == application && limits.GetVersion() >= version {
			return limits
		}
	}
}

func want(t *testing.T, got, want *moderationv1.WatchRulesResponse) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWatchRulesSendsWhatIsAppliedBeforeAContentIsJudged(t *testing.T) {
	client := serve(t, moderation.Config{Store: newStore(t), Rules: map[string]*moderationv1.Rules{
		app: {
			ModeratorEnabled: true, FloodLimit: proto.Int32(5), FloodWindow: proto.Int32(30),
			SpamRules: &moderationv1.SpamRules{RepeatLimit: proto.Int32(2)},
		},
		"resalice": {FloodLimit: proto.Int32(7), SpamRules: &moderationv1.SpamRules{RepeatLimit: proto.Int32(2)}},
	}})
	watch := watchRules(t, client, allPeer)
	want(t, watch.next(t), &moderationv1.WatchRulesResponse{
		ApplicationId: app, ModeratorEnabled: true,
		FloodLimit: proto.Int32(5), FloodWindow: 30, RepeatLimit: proto.Int32(2), RepeatWindow: 60,
	})
	// Without moderator no content counts; how many there are does.
	want(t, watch.next(t), &moderationv1.WatchRulesResponse{
		ApplicationId: "resalice", FloodLimit: proto.Int32(7), FloodWindow: 10, RepeatWindow: 60,
	})
	set(t, client, stranger, &moderationv1.Rules{
		ModeratorEnabled: true, FloodLimit: proto.Int32(0),
		SpamRules: &moderationv1.SpamRules{RepeatLimit: proto.Int32(3), RepeatWindow: proto.Int32(120)},
	})
	want(t, watch.next(t), &moderationv1.WatchRulesResponse{
		ApplicationId: "resalice", ModeratorEnabled: true, FloodWindow: 10, RepeatLimit: proto.Int32(3), RepeatWindow: 120, Version: 1,
	})
	set(t, client, backEnd, &moderationv1.Rules{
		ModeratorEnabled: true, FloodLimit: proto.Int32(5), SpamRules: &moderationv1.SpamRules{RepeatLimit: proto.Int32(3)},
		Rules: []*moderationv1.Rule{{Id: "flood_limit", IsDisabled: true}, {Id: "repeat_limit", IsDisabled: true}},
	})
	want(t, watch.next(t), &moderationv1.WatchRulesResponse{
		ApplicationId: app, ModeratorEnabled: true, FloodWindow: 10, RepeatWindow: 60, Version: 1,
	})
}

func TestWatchRulesIsOfTheApplicationThatAPeerCallsFor(t *testing.T) {
	client := newClient(t)
	watch := watchRules(t, client, chat)
	watch.until(t, app, 0)
	set(t, client, stranger, refusing("zut"))
	set(t, client, backEnd, refusing("zut"))
	if got := watch.next(t); got.GetApplicationId() != app {
		t.Errorf("got %v", got)
	}
}

func TestWatchRulesIsForPeers(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor, admin, backEnd} {
		_, err := watchRules(t, client, p).stream.Recv()
		wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	}
}
