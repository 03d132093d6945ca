package chat

import (
	"context"
	"errors"
	"sync"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// typeCount is of how many conversations a process remembers the type.
const typeCount = 50_000

// conversationTypes knows of what type conversations are, which never changes: rules may be for some types only, and a
// message on its way asks the database nothing else before it is judged.
type conversationTypes struct {
	store Store

	mu    sync.RWMutex
	known map[string]string
}

func newConversationTypes(store Store) *conversationTypes {
	return &conversationTypes{store: store, known: map[string]string{}}
}

// of answers a conversation's type as moderation rules name it; empty when there is no such conversation, which the store
// will say.
func (t *conversationTypes) of(ctx context.Context, applicationID, id string) (string, error) {
	t.mu.RLock()
	kind, ok := t.known[id]
	t.mu.RUnlock()
	if ok {
		return kind, nil
	}
	c, _, err := t.store.GetMembership(ctx, applicationID, id, "")
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	t.note(id, c.GetType())
	return moderatedAs(c.GetType()), nil
}

// note remembers the type of a conversation. It begins anew when it is full, which is rare and costs a look-up each.
func (t *conversationTypes) note(id string, kind chatv1.Conversation_Type) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= typeCount {
		clear(t.known)
	}
	t.known[id] = moderatedAs(kind)
}

// moderatedAs is how moderation rules name a type: a broadcast is a group in which one writes.
func moderatedAs(t chatv1.Conversation_Type) string {
	switch t {
	case chatv1.Conversation_type_unspecified:
		return ""
	case chatv1.Conversation_broadcast:
		t = chatv1.Conversation_group
	}
	return t.String()
}
