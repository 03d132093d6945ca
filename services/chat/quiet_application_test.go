package chat_test

import (
	"context"
	"fmt"
	"testing"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

// A back end was away while much happened in another application: more than is looked through at once.
func TestWhoFollowsAQuietApplicationFindsItsEventsBehindManyOfAnother(t *testing.T) {
	w := newWorld(t)
	start, err := w.chat.ListEvents(as(t, "bob"), &chatv1.ListEventsRequest{})
	must(t, err)
	busy := w.group(t, "alice", "bob")
	const many = 120_000
	for _, statement := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO events (position, application_id, conversation_id, kind, recipient_only, created_at)
			SELECT (SELECT position FROM event_heads) + i, '%s', '%s', 'conversation.updated', false, 0 FROM n`, many, app, busy.GetId()),
		fmt.Sprintf("UPDATE event_heads SET position = position + %d", many),
	} {
		_, err := w.db.SQL().ExecContext(t.Context(), statement)
		must(t, err)
	}
	zoe := auth.ActAs(t.Context(), auth.Principal{ApplicationID: neighbour, Kind: auth.KindUser, UserID: "zoe"})
	quiet, err := w.chat.CreateConversation(zoe, &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group, Title: "voisins"})
	must(t, err)

	ctx, cancel := context.WithCancel(auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "webhook"}))
	defer cancel()
	stream, err := w.chat.StreamEvents(ctx, &chatv1.StreamEventsRequest{ApplicationId: neighbour, Cursor: start.GetCursor()})
	must(t, err)
	answer := receive(t, stream)
	if answer.GetEvent().GetEvent() != chat.EventConversationCreated || answer.GetEvent().GetConversationId() != quiet.GetId() {
		t.Errorf("the stream says %v", answer)
	}
}
