package chat_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

func TestIssueMqttCredentials(t *testing.T) {
	passwords, err := auth.NewMQTTPasswords([]byte(peerSecret))
	must(t, err)
	w := newWorld(t, func(c *chat.Config) { c.MQTTPasswords = passwords })
	issue := func(ctx context.Context) *chatv1.MqttCredentials {
		t.Helper()
		c, err := w.chat.IssueMqttCredentials(ctx, &chatv1.IssueMqttCredentialsRequest{})
		must(t, err)
		return c
	}

	t.Run("they are those that the gateway tells the broker, for an epoch at least", func(t *testing.T) {
		c, account := issue(as(t, "alice")), passwords.Account(app, "alice", w.clock.Now())
		if c.GetUsername() != account.Username() || c.GetPassword() != passwords.Password(account) {
			t.Errorf("alice is given %v", c)
		}
		if left := c.GetExpiresAt().AsTime().Sub(w.clock.Now()); left < auth.MQTTEpoch {
			t.Errorf("they last for %v", left)
		}
	})

	t.Run("nobody is given those of another", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		elsewhere := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "alice"})
		seen := map[string]bool{}
		for _, ctx := range []context.Context{as(t, "alice"), as(t, "bob"), elsewhere, v.ctx} {
			c := issue(ctx)
			if seen[c.GetUsername()] || seen[c.GetPassword()] {
				t.Errorf("%v were another's", c)
			}
			seen[c.GetUsername()], seen[c.GetPassword()] = true, true
		}
	})

	t.Run("a visitor who was erased is given none", func(t *testing.T) {
		v := w.visits(t, "Zoé")
		_, err := w.chat.EraseAnonymousUser(v.ctx, &chatv1.EraseAnonymousUserRequest{Id: v.GetAnonymousUser().GetId()})
		must(t, err)
		_, err = w.chat.IssueMqttCredentials(v.ctx, &chatv1.IssueMqttCredentialsRequest{})
		refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED)
	})

	t.Run("a back end says for whom", func(t *testing.T) {
		_, err := w.chat.IssueMqttCredentials(backEnd(t), &chatv1.IssueMqttCredentialsRequest{})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		acting := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindService, UserID: "alice"})
		if got, want := issue(acting).GetPassword(), issue(as(t, "alice")).GetPassword(); got != want {
			t.Error("for alice it is given other ones than she is")
		}
	})
}

func TestWhereTheBrokerTakesTokensNoPasswordIsIssued(t *testing.T) {
	w := newWorld(t)
	end := w.clock.Now().Add(time.Hour).Truncate(time.Second)
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "alice", ExpiresAt: end})
	c, err := w.chat.IssueMqttCredentials(ctx, &chatv1.IssueMqttCredentialsRequest{})
	must(t, err)
	if c.GetUsername() != "alice" || c.GetPassword() != "" || !c.GetExpiresAt().AsTime().Equal(end) {
		t.Errorf("alice is told %v", c)
	}
}
