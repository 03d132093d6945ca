package chat_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestExportAnonymousUser(t *testing.T) {
	w := newWorld(t)
	v := w.visits(t, "Zoé")
	w.says(v.ctx, t, v.conversation(), "un")
	w.send(t, "pro", v.conversation(), "pas d'elle")
	w.says(v.ctx, t, v.conversation(), "deux")
	req := &chatv1.ExportAnonymousUserRequest{Id: v.GetAnonymousUser().GetId()}

	wrote := func(export *chatv1.AnonymousUserExport, want ...string) {
		t.Helper()
		var got []string
		for _, m := range export.GetMessages() {
			got = append(got, m.GetContent())
		}
		if !slices.Equal(got, want) {
			t.Errorf("what she wrote is %q, want %q", got, want)
		}
	}
	export, err := w.chat.ExportAnonymousUser(v.ctx, req)
	must(t, err)
	wrote(export, "un", "deux")
	if export.GetAnonymousUser().GetEmail() != "visitor@example.org" || len(export.GetConversation().GetParticipants()) != 2 {
		t.Errorf("the export is %v", export)
	}

	t.Run("it is for themselves and back ends", func(t *testing.T) {
		_, err := w.chat.ExportAnonymousUser(as(t, "pro"), req)
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		_, err = w.chat.ExportAnonymousUser(w.visits(t, "Max").ctx, req)
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.ExportAnonymousUser(backEnd(t), &chatv1.ExportAnonymousUserRequest{Id: nothing})
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		_, err = w.chat.ExportAnonymousUser(backEnd(t), &chatv1.ExportAnonymousUserRequest{Id: "x"})
		refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})

	t.Run("what the user they became wrote since is theirs too", func(t *testing.T) {
		_, err := w.chat.ConvertAnonymousUser(backEnd(t), &chatv1.ConvertAnonymousUserRequest{Id: req.GetId(), UserId: "zoe"})
		must(t, err)
		w.send(t, "zoe", v.conversation(), "trois")
		export, err := w.chat.ExportAnonymousUser(backEnd(t), req)
		must(t, err)
		wrote(export, "un", "deux", "trois")
	})

	t.Run("of a deleted conversation their words are left", func(t *testing.T) {
		_, err := w.chat.DeleteConversation(backEnd(t), &chatv1.DeleteConversationRequest{Id: v.conversation()})
		must(t, err)
		export, err := w.chat.ExportAnonymousUser(backEnd(t), req)
		must(t, err)
		wrote(export, "un", "deux", "trois")
		if export.GetConversation() != nil {
			t.Errorf("the conversation is %v", export.GetConversation())
		}
	})
}
