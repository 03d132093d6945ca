package chat_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

const nothing = "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"

func TestGetAnonymousUser(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	req := &chatv1.GetAnonymousUserRequest{Id: v.GetAnonymousUser().GetId()}
	for _, ctx := range []struct {
		who string
		get func() (*chatv1.AnonymousUser, error)
	}{
		{"who talks with them", func() (*chatv1.AnonymousUser, error) { return w.chat.GetAnonymousUser(as(t, "pro"), req) }},
		{"a back end", func() (*chatv1.AnonymousUser, error) { return w.chat.GetAnonymousUser(backEnd(t), req) }},
		{"themself", func() (*chatv1.AnonymousUser, error) { return w.chat.GetAnonymousUser(v.ctx, req) }},
	} {
		got, err := ctx.get()
		must(t, err)
		if got.GetName() != "Zoé" || got.GetEmail() != "visitor@example.org" {
			t.Errorf("%s is answered %v", ctx.who, got)
		}
	}

	_, err := w.chat.GetAnonymousUser(as(t, "mallory"), req)
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	other := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "pro"})
	_, err = w.chat.GetAnonymousUser(other, req)
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = w.chat.GetAnonymousUser(backEnd(t), &chatv1.GetAnonymousUserRequest{Id: nothing})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = w.chat.GetAnonymousUser(backEnd(t), &chatv1.GetAnonymousUserRequest{Id: "nobody"})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
}
