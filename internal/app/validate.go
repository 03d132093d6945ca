package app

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	"github.com/palabre/palabre/gateway/webhook"
	"github.com/palabre/palabre/internal/auth"
)

var (
	applicationID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	topicPrefix   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// Validate names the first key whose value cannot be.
func (c *Config) Validate() error {
	checks := []func() error{
		c.validateLog, c.validateRoles, c.validateDatabase, c.validateValkey, c.validateEvents, c.validateModeration, c.validateBroker,
		c.validateBrokerAuth, c.validateMQTT, c.validateListeners, c.validateApplications,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	return nil
}

func (c *Config) validateLog() error {
	if err := new(slog.LevelVar).UnmarshalText([]byte(c.Log.Level)); err != nil {
		return fmt.Errorf("log.level: %q is none of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format)
	}
	return nil
}

func (c *Config) validateRoles() error {
	for i, role := range c.Run {
		if !slices.Contains(allRoles, role) {
			return fmt.Errorf("run[%d]: %q is none of %v", i, role, allRoles)
		}
	}
	for role, addr := range c.Services {
		if !slices.Contains([]Role{RoleChat, RoleModeration, RoleAudience}, role) {
			return fmt.Errorf("services: %q is none of chat, moderation, audience", role)
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("services.%s: %q is not host:port", role, addr)
		}
	}
	for _, role := range c.dialled() {
		if c.Services[role] == "" {
			return fmt.Errorf("services.%s: is missing: this process does not run it and has to reach it", role)
		}
	}
	return nil
}

// runs says whether this process has a role.
func (c *Config) runs(role Role) bool { return len(c.Run) == 0 || slices.Contains(c.Run, role) }

// dialled answers the roles that others run and this process needs.
func (c *Config) dialled() []Role {
	needs := map[Role][]Role{
		RoleChat: {RoleModeration, RoleAudience},
		RoleMQTT: {RoleChat},
		RoleHTTP: {RoleChat, RoleModeration, RoleAudience},
	}
	if c.Broker.DynamicSecurity {
		needs[RoleMQTT] = []Role{RoleChat, RoleAudience} // whose users it makes accounts for
	}
	var dialled []Role
	for _, role := range allRoles {
		for _, needed := range needs[role] {
			if c.runs(role) && !c.runs(needed) && !slices.Contains(dialled, needed) {
				dialled = append(dialled, needed)
			}
		}
	}
	return dialled
}

func (c *Config) validateDatabase() error {
	if c.Database.URL == "" {
		return nil
	}
	if err := c.Database.Validate(); err != nil {
		return fmt.Errorf("database.%w", err)
	}
	return nil
}

func (c *Config) validateValkey() error {
	if c.Valkey.URL == "" {
		return nil
	}
	if err := c.Valkey.Validate(); err != nil {
		return fmt.Errorf("valkey.%w", err)
	}
	return nil
}

func (c *Config) validateEvents() error {
	if err := c.Events.Validate(); err != nil {
		return fmt.Errorf("events.%w", err)
	}
	return nil
}

func (c *Config) validateModeration() error {
	if err := c.Moderation.Validate(); err != nil {
		return fmt.Errorf("moderation.%w", err)
	}
	return nil
}

func (c *Config) validateBroker() error {
	if err := validDelivery(c.Broker.GroupDelivery); err != nil {
		return fmt.Errorf("broker.group_delivery: %w", err)
	}
	switch slots := c.Broker.Slots; {
	case slots < 0 || slots > mqttgw.MaxSlots:
		return fmt.Errorf("broker.slots: %d is not from 1 to %d", slots, mqttgw.MaxSlots)
	case slots > 1 && c.Broker.URL == "":
		return errors.New("broker.slots: is for a broker run by others: with the embedded one every process is active")
	case slots > 1 && c.Broker.DynamicSecurity:
		return errors.New("broker.slots: is 1 with broker.dynamic_security, whose accounts one gateway keeps")
	case c.Broker.DynamicSecurity && (c.Broker.URL == "" || c.Broker.Username == ""):
		return errors.New("broker.dynamic_security: goes with broker.url and broker.username, of a Mosquitto")
	case c.Broker.URL == "":
		return nil
	}
	u, err := url.Parse(c.Broker.URL)
	if err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "mqtt", "tls", "ssl", "mqtts", "ws", "wss"}, u.Scheme) {
		return fmt.Errorf("broker.url: is not tcp://, tls://, ws:// or wss:// and host:port")
	}
	return nil
}

func (c *Config) validateMQTT() error {
	if err := c.MQTT.Limits.Validate(); err != nil {
		return fmt.Errorf("mqtt.limits.%w", err)
	}
	if _, err := c.MQTT.proxies(); err != nil {
		return fmt.Errorf("mqtt.%w", err)
	}
	return nil
}

func validDelivery(delivery string) error {
	if !slices.Contains([]string{"", "both", "inbox", "conversation"}, delivery) {
		return fmt.Errorf("%q is none of both, inbox, conversation", delivery)
	}
	return nil
}

func (c *Config) validateApplications() error {
	prefixes := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		a := c.Applications[id]
		if !applicationID.MatchString(id) {
			return fmt.Errorf("applications: %q is no application id: letters, digits, - and _", id)
		}
		if err := a.validate(); err != nil {
			return fmt.Errorf("applications.%s.%w", id, err)
		}
		if other, taken := prefixes[a.prefix()]; taken {
			return fmt.Errorf("applications.%s.topic_prefix: %q is that of %s too", id, a.prefix(), other)
		}
		prefixes[a.prefix()] = id
	}
	return nil
}

// prefix is the first level of the application's topics.
func (a Application) prefix() string {
	if a.TopicPrefix == "" {
		return "chat"
	}
	return a.TopicPrefix
}

func (a Application) validate() error {
	if !topicPrefix.MatchString(a.prefix()) {
		return fmt.Errorf("topic_prefix: %q is not one topic level of letters, digits, - and _", a.prefix())
	}
	if err := validDelivery(a.GroupDelivery); err != nil {
		return fmt.Errorf("group_delivery: %w", err)
	}
	if err := a.Language.Validate(); err != nil {
		return fmt.Errorf("language: %w", err)
	}
	if err := a.ModerationFailure.Validate(); err != nil {
		return fmt.Errorf("moderation_failure: %w", err)
	}
	if err := a.Anonymous.Validate(); err != nil {
		return fmt.Errorf("anonymous.%w", err)
	}
	if err := a.Attachments.Validate(); err != nil {
		return fmt.Errorf("attachments.%w", err)
	}
	kinds := []auth.RoleKind{auth.RoleMember, auth.RoleAdmin, auth.RoleSuperAdmin}
	for role, kind := range a.Roles {
		if !slices.Contains(kinds, kind) {
			return fmt.Errorf("roles.%s: %q is none of %v", role, kind, kinds)
		}
	}
	if err := a.Directory.validate(); err != nil {
		return fmt.Errorf("directory.%w", err)
	}
	if l := a.FloodLimit; l != nil && *l < 0 {
		return fmt.Errorf("flood_limit: %d is negative", *l)
	}
	if w := a.FloodWindow; w != 0 && (w < time.Second || w > time.Hour || w%time.Second != 0) {
		return fmt.Errorf("flood_window: %v is not a number of whole seconds, such as 10s, up to 1h", w)
	}
	if err := a.validateModeration(); err != nil {
		return err
	}
	if which, err := webhook.ValidateAll(a.webhooks()); err != nil {
		return fmt.Errorf("webhooks%s%w", which, err)
	}
	return nil
}

func (c *Config) validateListeners() error {
	for _, l := range c.listeners() {
		if _, _, err := net.SplitHostPort(l.addr); err != nil {
			return fmt.Errorf("%s.addr: %q is not host:port", l.key, l.addr)
		}
		if (l.tls.CertFile == "") != (l.tls.KeyFile == "") {
			return fmt.Errorf("%s.tls: certFile and keyFile go together", l.key)
		}
	}
	return nil
}

type listener struct {
	key  string
	addr string
	tls  TLS
}

// listeners are those that this process opens.
func (c *Config) listeners() []listener {
	var list []listener
	if c.runs(RoleHTTP) {
		list = append(list, listener{"http", c.HTTP.Addr, c.HTTP.TLS})
	}
	if c.runsService() {
		list = append(list, listener{"grpc", c.GRPC.Addr, c.GRPC.TLS})
	}
	if c.embedsBroker() {
		list = append(list, listener{"mqtt", c.MQTT.Addr, c.MQTT.TLS})
	}
	return list
}

func (c *Config) runsService() bool {
	return c.runs(RoleChat) || c.runs(RoleModeration) || c.runs(RoleAudience)
}

func (c *Config) embedsBroker() bool { return c.runs(RoleMQTT) && c.Broker.URL == "" }

// secure refuses what would lay a trial set-up open to the network. madeUp are the keys of secrets that nobody chose.
func (c *Config) secure(madeUp []string) error {
	if c.Insecure {
		return nil
	}
	if err := c.secureWebhooks(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	for _, l := range c.listeners() {
		if onLoopback(l.addr) {
			continue
		}
		if l.tls.CertFile == "" {
			return fmt.Errorf("config: %s.addr: %s can be reached from other machines and has no TLS: set %s.tls, listen on 127.0.0.1, or allow it with --insecure (behind a proxy that ends TLS)", l.key, l.addr, l.key)
		}
		if len(madeUp) > 0 {
			return fmt.Errorf("config: %s.addr: %s can be reached from other machines and %s was made up: set it, listen on 127.0.0.1, or allow it with --insecure", l.key, l.addr, strings.Join(madeUp, ", "))
		}
		if err := c.weakSecret(); err != nil {
			return fmt.Errorf("config: %s.addr: %s can be reached from other machines and %w: lengthen it, listen on 127.0.0.1, or allow it with --insecure", l.key, l.addr, err)
		}
	}
	return nil
}

// weakSecret names the first secret that is too short for the network.
func (c *Config) weakSecret() error {
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		if err := c.Applications[id].authConfig().Weak(); err != nil {
			return fmt.Errorf("applications.%s.%w", id, err)
		}
	}
	return nil
}

// onLoopback says whether only this machine can reach an address.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
