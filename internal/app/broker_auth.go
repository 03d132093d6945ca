package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/palabre/palabre/gateway/brokerauth"
	httpgw "github.com/palabre/palabre/gateway/http"
	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// membersKnown is how long the members of a conversation are remembered for brokers that ask. Nothing tells this process of
// changes, which it may hear of from another.
const membersKnown = 5 * time.Second

// brokerAuth makes what answers a broker that asks; nil when none does. It asks the chat service as the MQTT gateway does.
func (a *App) brokerAuth(proxies httpgw.Proxies) (http.Handler, error) {
	if a.config.MQTTAuth.Secret == "" {
		return nil, nil
	}
	conn, err := a.reach(RoleChat, "mqtt")
	if err != nil {
		return nil, err
	}
	client := chatv1.NewChatServiceClient(conn)
	membership := mqttgw.NewMembership(mqttgw.MembershipConfig{Chat: client, TTL: membersKnown, Logger: a.logger})
	handler, err := brokerauth.New(brokerauth.Config{
		Secret:        a.config.MQTTAuth.Secret,
		Prefixes:      a.config.prefixes(),
		Authenticator: presentVisitors{a.verifier, membership},
		Membership:    membership,
		OnConnect:     func(ctx context.Context, p auth.Principal) { introduce(ctx, client, p) },
		Gateway:       brokerauth.Account{Username: a.config.Broker.Username, Password: a.config.Broker.Password},
		ClientIP:      proxies.ClientIP,
		Logger:        a.logger,
		Registerer:    a.metrics,
	})
	if err != nil {
		return nil, err
	}
	return handler, nil
}

// validateBrokerAuth wants secrets that cannot be guessed at, since whoever reaches the listener may try.
func (c *Config) validateBrokerAuth() error {
	switch secret := c.MQTTAuth.Secret; {
	case secret == "":
		return nil
	case len(secret) < brokerauth.MinSecret:
		return fmt.Errorf("mqtt_auth.secret: has %d bytes, at least %d are needed", len(secret), brokerauth.MinSecret)
	case c.Broker.URL == "":
		return errors.New("mqtt_auth.secret: is for the broker at broker.url, which is not set")
	}
	account := brokerauth.Account{Username: c.Broker.Username, Password: c.Broker.Password}
	if err := account.Validate(); err != nil {
		return fmt.Errorf("broker.%w", err)
	}
	return nil
}
