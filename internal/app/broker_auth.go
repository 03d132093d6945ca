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

// membersKnown is how long the members of a conversation are remembered where a broker asks. Only the process whose MQTT
// gateway is the active one hears of changes, and the broker may ask another.
const membersKnown = 5 * time.Second

// membershipOf is what this process knows of members, for its gateways together.
func (a *App) membershipOf(client chatv1.ChatServiceClient) *mqttgw.Membership {
	if a.membership == nil {
		c := mqttgw.MembershipConfig{Chat: client, Logger: a.logger}
		if a.config.MQTTAuth.Secret != "" {
			c.TTL = membersKnown
		}
		a.membership = mqttgw.NewMembership(c)
	}
	return a.membership
}

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
	membership := a.membershipOf(client)
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

// brokerChecksMembership says that the topics of conversations are safe on a broker run by others: it asks, and the operator
// says by broker.group_delivery that those who were removed lose their subscription there, or that it does not matter.
func (c *Config) brokerChecksMembership() bool {
	return c.MQTTAuth.Secret != "" && (c.Broker.GroupDelivery == "both" || c.Broker.GroupDelivery == "conversation")
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
