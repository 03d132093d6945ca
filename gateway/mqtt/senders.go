package mqttgw

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// maxSenders is of how many messages it is remembered who sent them.
const maxSenders = 10_000

// Senders tells a broker who sent a message. It asks the service once: a message's sender does not change. All methods may
// be called at once.
type Senders struct {
	chat chatv1.ChatServiceClient

	mu    sync.Mutex
	known map[sent]struct{}
}

// sent says that a subject sent a message.
type sent struct{ application, subject, message string }

// NewSenders makes a Senders that knows nothing yet.
func NewSenders(chat chatv1.ChatServiceClient) *Senders {
	return &Senders{chat: chat, known: map[sent]struct{}{}}
}

// IsSender says whether a subject sent a message. An error says that it cannot be known.
func (s *Senders) IsSender(ctx context.Context, applicationID, subject, messageID string) (bool, error) {
	about := sent{applicationID, subject, messageID}
	if s.knows(about) {
		return true, nil
	}
	as := auth.ActAs(ctx, callerOf(applicationID, subject))
	m, err := s.chat.GetMessage(as, &chatv1.GetMessageRequest{Id: messageID})
	switch code := rpcerr.Code(err); {
	case code == codes.NotFound || code == codes.InvalidArgument:
		return false, nil // no such message, or none that they may see, or not the id of one
	case err != nil:
		return false, err
	case senderOf(m) != subject:
		return false, nil
	}
	s.remember(about)
	return true, nil
}

func (s *Senders) knows(about sent) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.known[about]
	return ok
}

// remember begins anew when it is full, which is rare and costs a call for each message that is asked about again.
func (s *Senders) remember(about sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSenders {
		clear(s.known)
	}
	s.known[about] = struct{}{}
}

// senderOf names a message's sender as topics do; empty for the system.
func senderOf(m *chatv1.Message) string {
	if m.GetSenderType() == chatv1.Message_anonymous {
		return auth.AnonymousPrefix + m.GetSenderId()
	}
	return m.GetSenderId()
}
