package app

import (
	"context"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

// introducing is the broker's authenticator. Whoever connects with a token is introduced to the chat service, which has the
// directory note what the token says of them: later calls by MQTT are made by the topic's name alone.
type introducing struct {
	broker.Authenticator
	chat chatv1.ChatServiceClient
}

// introductionTime is how long a connection may wait for it. It costs nothing when that is not enough: the next one tries
// again.
const introductionTime = 300 * time.Millisecond

// Token answers the principal of a token.
func (i introducing) Token(ctx context.Context, token string) (auth.Principal, error) {
	p, err := i.Authenticator.Token(ctx, token)
	if err == nil {
		introduce(ctx, i.chat, p)
	}
	return p, err
}

// introduce tells the chat service of a user who connects.
func introduce(ctx context.Context, chat chatv1.ChatServiceClient, p auth.Principal) {
	if p.Kind != auth.KindUser {
		return
	}
	ctx, cancel := context.WithTimeout(auth.ActAs(ctx, p), introductionTime)
	defer cancel()
	// Any call would do; this one asks for the present position, which is one row.
	_, _ = chat.ListEvents(ctx, &chatv1.ListEventsRequest{})
}
