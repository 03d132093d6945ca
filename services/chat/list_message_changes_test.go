package chat_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestListMessageChanges(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	m := w.send(t, "bob", c.GetId(), "bonjuor")
	text := "bonjour"
	_, err := w.chat.UpdateMessage(as(t, "bob"), &chatv1.UpdateMessageRequest{Id: m.GetId(), Content: &text})
	must(t, err)
	_, err = w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
	must(t, err)
	other := w.send(t, "bob", c.GetId(), "à retirer")
	_, err = w.chat.DeleteMessage(backEnd(t), &chatv1.DeleteMessageRequest{Id: other.GetId()})
	must(t, err)

	for message, want := range map[string][]string{
		m.GetId():                           {"deleted by alice", "edited by bob"},
		other.GetId():                       {"deleted by "},
		w.send(t, "bob", c.GetId(), "x").Id: nil,
	} {
		answer, err := w.chat.ListMessageChanges(as(t, "alice"), &chatv1.ListMessageChangesRequest{Id: message})
		must(t, err)
		var got []string
		for _, change := range answer.GetChanges() {
			got = append(got, change.GetAction().String()+" by "+change.GetUserId())
		}
		if !slices.Equal(got, want) {
			t.Errorf("the changes are %v, want %v", got, want)
		}
	}
	_, err = w.chat.ListMessageChanges(as(t, "mallory"), &chatv1.ListMessageChangesRequest{Id: m.GetId()})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
}
