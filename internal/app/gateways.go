package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sync/errgroup"

	httpgw "github.com/palabre/palabre/gateway/http"
	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
)

// openBroker makes the MQTT gateway, and the broker in front of it unless others run one.
func (a *App) openBroker(context.Context) error {
	if !a.config.runs(RoleMQTT) {
		return nil
	}
	conn, err := a.reach(RoleChat, "mqtt")
	if err != nil {
		return err
	}
	client := chatv1.NewChatServiceClient(conn)
	membership := a.membershipOf(client)
	presence := mqttgw.NewPresence(mqttgw.PresenceConfig{
		Chat: client, SeesConnections: a.config.embedsBroker(), Process: rand.Text(), Logger: a.logger,
	})
	link := a.config.brokerLink()
	if a.config.embedsBroker() {
		if link, err = a.embedBroker(membership, presence, client); err != nil {
			return err
		}
	}
	gateway := mqttgw.Config{
		Applications: a.config.mqttApplications(),
		Chat:         client,
		Verifier:     a.verifier,
		Membership:   membership,
		Presence:     presence,
		Edge:         a.config.embedsBroker(),
		Broker:       link,
		Logger:       a.logger,
		Registerer:   a.metrics,
	}
	if gateway.DynamicSecurity, err = a.dynamicSecurity(); err != nil {
		return err
	}
	if a.broker != nil {
		gateway.OnMembershipRemoved, gateway.Heard = a.broker.Remove, a.broker.Heard
	}
	a.mqtt, err = mqttgw.New(gateway)
	return err
}

// dynamicSecurity is what the gateway keeps the accounts of users with; nil where the broker knows them by other means.
func (a *App) dynamicSecurity() (*mqttgw.DynamicSecurity, error) {
	passwords, err := a.config.mqttPasswords()
	if passwords == nil {
		return nil, err
	}
	conn, err := a.reach(RoleAudience, "mqtt")
	if err != nil {
		return nil, err
	}
	return &mqttgw.DynamicSecurity{Directory: audiencev1.NewAudienceServiceClient(conn), Passwords: passwords}, nil
}

// mqttPasswords are those of users at a broker that is told of them; nil where it is not.
func (c *Config) mqttPasswords() (*auth.MQTTPasswords, error) {
	if !c.Broker.DynamicSecurity {
		return nil, nil
	}
	return auth.NewMQTTPasswords([]byte(c.PeerSecret))
}

// brokerLink is how the gateway reaches a broker that others run.
func (c *Config) brokerLink() mqttgw.BrokerConfig {
	return mqttgw.BrokerConfig{
		URL: c.Broker.URL, Username: c.Broker.Username, Password: c.Broker.Password, CAFile: c.Broker.CAFile,
		Shared: true, Slots: c.Broker.Slots,
		ChecksMembership: c.brokerChecksMembership(),
	}
}

// embedBroker starts the embedded broker, and answers how the gateway reaches it: by calls.
func (a *App) embedBroker(membership *mqttgw.Membership, presence *mqttgw.Presence, client chatv1.ChatServiceClient) (mqttgw.BrokerConfig, error) {
	tls, err := a.config.MQTT.TLS.server()
	if err != nil {
		return mqttgw.BrokerConfig{}, fmt.Errorf("config: mqtt.tls.%w", err)
	}
	proxies, err := a.config.HTTP.proxies()
	if err != nil {
		return mqttgw.BrokerConfig{}, err
	}
	balancers, err := a.config.MQTT.proxies()
	if err != nil {
		return mqttgw.BrokerConfig{}, fmt.Errorf("config: mqtt.%w", err)
	}
	audience, err := a.reach(RoleAudience, "mqtt")
	if err != nil {
		return mqttgw.BrokerConfig{}, err
	}
	removed := newRemovedUsers(presentVisitors{a.verifier, membership}, audiencev1.NewAudienceServiceClient(audience), a.logger)
	a.broker, err = broker.New(broker.Config{
		ClientIP:      proxies.ClientIP,
		Proxies:       balancers,
		Limits:        a.config.MQTT.Limits,
		Addr:          a.config.MQTT.Addr,
		TLSConfig:     tls,
		Prefixes:      a.config.prefixes(),
		Authenticator: introducing{removed, client},
		Membership:    membership,
		Senders:       mqttgw.NewSenders(client),
		OnConnection:  presence.Connection,
		Logger:        a.logger,
		Registerer:    a.metrics,
	})
	if err != nil {
		return mqttgw.BrokerConfig{}, err
	}
	if err := a.broker.Start(); err != nil {
		return mqttgw.BrokerConfig{}, fmt.Errorf("mqtt.addr: %w", err)
	}
	a.onClose(a.broker.Close)
	a.work = append(a.work, func(ctx context.Context) error { return removed.run(ctx, a.broker) })
	return mqttgw.BrokerConfig{Link: a.link, ChecksMembership: true}, nil
}

// link links the gateway to the embedded broker.
func (a *App) link(receive mqttgw.Receive, lost func(error)) mqttgw.Link {
	return a.broker.NewLink(broker.Receive(receive), lost)
}

// mqttApplications says where each application's events are published.
func (c *Config) mqttApplications() map[string]mqttgw.Application {
	applications := map[string]mqttgw.Application{}
	for id, a := range c.Applications {
		delivery := a.GroupDelivery
		if delivery == "" {
			delivery = c.Broker.GroupDelivery
		}
		applications[id] = mqttgw.Application{Prefix: a.prefix(), GroupDelivery: mqttgw.GroupDelivery(delivery)}
	}
	return applications
}

// openHTTP makes the HTTP gateway.
func (a *App) openHTTP(context.Context) error {
	if !a.config.runs(RoleHTTP) {
		return nil
	}
	proxies, err := a.config.HTTP.proxies()
	if err != nil {
		return err
	}
	gateway := httpgw.Config{
		Proxies:        proxies,
		Ready:          a.ready,
		Gatherer:       a.metrics,
		Registerer:     a.metrics,
		Logger:         a.logger,
		AllowedOrigins: a.config.HTTP.AllowedOrigins,
		Version:        Version(),
	}
	if gateway.Chat, err = a.reach(RoleChat, "http"); err != nil {
		return err
	}
	if gateway.Moderation, err = a.reach(RoleModeration, "http"); err != nil {
		return err
	}
	if gateway.Audience, err = a.reach(RoleAudience, "http"); err != nil {
		return err
	}
	if gateway.TLSConfig, err = a.config.HTTP.TLS.server(); err != nil {
		return fmt.Errorf("config: http.tls.%w", err)
	}
	if a.broker != nil {
		gateway.MQTT = a.broker.WebSocketHandler()
	}
	if gateway.BrokerAuth, err = a.brokerAuth(proxies); err != nil {
		return err
	}
	a.http, err = httpgw.New(gateway)
	return err
}

// runGateways runs the gateways in the group until the context ends. The WaitGroup tells when they have drained.
func (a *App) runGateways(ctx context.Context, group *errgroup.Group) *sync.WaitGroup {
	gateways := new(sync.WaitGroup)
	run := func(serve func() error) {
		gateways.Add(1)
		group.Go(func() error {
			defer gateways.Done()
			return serve()
		})
	}
	if a.mqtt != nil {
		run(func() error { return a.mqtt.Run(ctx) })
	}
	if a.http != nil {
		run(func() error { return a.http.Serve(ctx, a.httpListener) })
	}
	if a.webhooks != nil {
		run(func() error { return a.webhooks.Run(ctx) })
	}
	return gateways
}

func (h HTTP) proxies() (httpgw.Proxies, error) {
	networks, err := parseNetworks(h.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("config: http.trusted_proxies%w", err)
	}
	return networks, nil
}

// proxies answers those in front of the embedded broker.
func (m MQTT) proxies() (broker.Proxies, error) {
	networks, err := parseNetworks(m.TrustedProxies)
	switch {
	case err != nil:
		return nil, fmt.Errorf("trusted_proxies%w", err)
	case m.ProxyProtocol && len(networks) == 0:
		return nil, errors.New("trusted_proxies: is missing: with proxy_protocol it says which balancers are believed")
	case !m.ProxyProtocol && len(networks) > 0:
		return nil, errors.New("proxy_protocol: is false: trusted_proxies would not be believed")
	}
	return networks, nil
}

// parseNetworks reads networks; an error begins with the place of the one at fault.
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for i, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %q is not a network such as 10.0.0.0/8", i, text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
