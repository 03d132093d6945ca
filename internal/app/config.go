package app

import (
	"fmt"
	"time"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/valkey"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/moderation"
)

// Role is a part of Palabre that a process can run.
type Role string

// The roles, in the order in which they depend on each other.
const (
	RoleModeration Role = "moderation"
	RoleAudience   Role = "audience"
	RoleChat       Role = "chat"
	RoleMQTT       Role = "mqtt"
	RoleHTTP       Role = "http"
)

// allRoles is what a process runs when it is not told.
var allRoles = []Role{RoleModeration, RoleAudience, RoleChat, RoleMQTT, RoleHTTP}

// Config is a deployment's configuration, the same file for each of its processes but for `run` and addresses.
// docs/configuration.md explains every key.
type Config struct {
	// File is where the configuration was read from; empty when there is none.
	File string `yaml:"-"`
	// Run is what this process runs; everything when empty.
	Run []Role `yaml:"run"`
	// Services says where to reach what this process does not run: host:port of its gRPC listener.
	Services map[Role]string `yaml:"services"`
	// PeerSecret is how the processes of a deployment know each other. When empty it is derived from the applications'
	// secrets, or made up and kept in the data directory where one of them has none.
	PeerSecret string `yaml:"peer_secret"`
	// DataDir is where SQLite and made-up secrets are kept.
	DataDir string `yaml:"data_dir"`
	// Database is SQLite in the data directory when its URL is empty.
	Database database.Config `yaml:"database"`
	// Broker is an MQTT broker run by others. Without its URL the embedded one runs.
	Broker Broker `yaml:"broker"`
	// MQTTAuth answers that broker when it asks over HTTP.
	MQTTAuth MQTTAuth `yaml:"mqtt_auth"`
	// Valkey is what the processes count on together; each counts by itself when its URL is empty.
	Valkey valkey.Config `yaml:"valkey"`
	// Attachments says where the files are that people send each other.
	Attachments Attachments `yaml:"attachments"`
	// Events says how long what happened is kept for those who were away.
	Events chat.Retention `yaml:"events"`
	// Moderation says how long what moderators decided is kept.
	Moderation moderation.Retention `yaml:"moderation"`
	HTTP       HTTP                 `yaml:"http"`
	GRPC       GRPC                 `yaml:"grpc"`
	MQTT       MQTT                 `yaml:"mqtt"`
	// Applications are the host products, by id.
	Applications map[string]Application `yaml:"applications"`
	Log          Log                    `yaml:"log"`
	// Insecure allows listeners beyond loopback without TLS, or with a secret that was made up. For machines whose TLS is
	// ended in front of Palabre, and for trying things out.
	Insecure bool `yaml:"insecure"`
}

// Broker is how to reach an MQTT broker run by others.
type Broker struct {
	// URL is tcp://host:port, tls://host:port, ws:// or wss://.
	URL      string `yaml:"url"`
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	// CAFile is who signed the broker's certificate; the system's authorities when empty.
	CAFile string `yaml:"caFile"`
	// Slots is how many gateways are active there at once: 1 when zero. More need a broker that knows $share.
	Slots int `yaml:"slots"`
	// DynamicSecurity says that it is a Mosquitto with that plugin, in which the gateway keeps the accounts of users.
	DynamicSecurity bool `yaml:"dynamic_security"`
	// GroupDelivery is for applications that do not say: see Application.
	GroupDelivery string `yaml:"group_delivery"`
}

// Attachments is where the files are that people send each other.
type Attachments struct {
	// Dir is a directory, which all processes that run chat share; `attachments` in the data directory when empty.
	Dir string `yaml:"dir"`
}

// MQTTAuth is for brokers that ask the HTTP gateway who may connect and use which topic.
type MQTTAuth struct {
	// Secret is what the broker shows with each question. Without it nothing is answered.
	Secret string `yaml:"secret"`
}

// HTTP is the REST and WebSocket listener.
type HTTP struct {
	Addr string `yaml:"addr"`
	TLS  TLS    `yaml:"tls"`
	// AllowedOrigins are the origins of web pages that may call from a browser, such as https://www.example.org; `*` for
	// all.
	AllowedOrigins []string `yaml:"allowed_origins"`
	// TrustedProxies are the networks, such as 10.0.0.0/8, of proxies that are believed when they say for whom they call.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// GRPC is the listener of the services.
type GRPC struct {
	Addr string `yaml:"addr"`
	TLS  TLS    `yaml:"tls"`
}

// MQTT is the embedded broker.
type MQTT struct {
	Addr string `yaml:"addr"`
	TLS  TLS    `yaml:"tls"`
	// ProxyProtocol says that a load balancer stands in front of Addr which says for whom it connects, by the PROXY protocol.
	ProxyProtocol bool `yaml:"proxy_protocol"`
	// TrustedProxies are the networks, such as 10.0.0.0/8, of the balancers that are believed then.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// Limits bound what clients may use.
	Limits broker.Limits `yaml:"limits"`
}

// TLS is the certificate of a listener, in PEM files that are read again when they change.
type TLS struct {
	CertFile string `yaml:"certFile"`
	KeyFile  string `yaml:"keyFile"`
	// ClientCAFile asks clients for a certificate signed by one of its authorities. Between processes of a deployment it
	// is also who signed the others' certificates.
	ClientCAFile string `yaml:"clientCaFile"`
}

// Log is how much is logged, and how.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is text or json.
	Format string `yaml:"format"`
}

// Application is a host product: the tenant.
type Application struct {
	// TopicPrefix is the first level of its MQTT topics: `chat` when empty, which only one application can have.
	TopicPrefix string `yaml:"topic_prefix"`
	Auth        Auth   `yaml:"auth"`
	// Roles says what the host's role ids mean.
	Roles map[string]auth.RoleKind `yaml:"roles"`
	// RoleNames are what to call them where people choose among roles.
	RoleNames map[string]string `yaml:"role_names"`
	// Directory is where the users are read from besides what back ends tell.
	Directory Directory     `yaml:"directory"`
	Features  chat.Features `yaml:"features"`
	// Language is in what the system speaks to its people: fr, which is the default, or en.
	Language chat.Language `yaml:"language"`
	// Anonymous are its terms for visitors.
	Anonymous chat.VisitorRules `yaml:"anonymous"`
	// Attachments are its terms for files.
	Attachments chat.AttachmentRules `yaml:"attachments"`
	// GroupDelivery is where a group's events are published: both, inbox or conversation. When empty, both where the
	// broker can check membership, inbox elsewhere.
	GroupDelivery string `yaml:"group_delivery"`

	ModeratorEnabled bool     `yaml:"moderator_enabled"`
	BadWords         []string `yaml:"bad_words"`
	AllowList        []string `yaml:"allow_list"`
	// FloodLimit is how many messages someone may send within FloodWindow; no limit when it is absent or 0.
	FloodLimit *int32 `yaml:"flood_limit"`
	// FloodWindow is whole seconds, 10 when zero.
	FloodWindow time.Duration `yaml:"flood_window"`
	SpamRules   SpamRules     `yaml:"spam_rules"`
	// ModerationFailure is what becomes of messages while the moderation service is away: retry, which is the default, has
	// their senders send them again; approve lets them through unread.
	ModerationFailure ModerationFailure `yaml:"moderation_failure"`
	// Rules are moderation rules besides, and what the settings above do when they hit, where it is not to refuse.
	Rules []Rule `yaml:"rules"`
	// ExternalCheck is shown what the rules let pass.
	ExternalCheck ExternalCheck `yaml:"external_check"`
	// Webhooks are told of what happens, by the processes that run http.
	Webhooks []Webhook `yaml:"webhooks"`
}

// Auth is how an application's callers prove who they are.
type Auth struct {
	// JWTSecret signs HS256 tokens. Made and kept in the data directory when an application has no key at all.
	JWTSecret string `yaml:"jwt_secret"`
	// JWKSURL is where the keys of RS256, ES256 or EdDSA tokens are published.
	JWKSURL string `yaml:"jwks_url"`
	// PublicKeys are such keys in PEM.
	PublicKeys []string `yaml:"public_keys"`
	// APIKeys are the host's back ends', in the x-api-key header.
	APIKeys []string `yaml:"api_keys"`
}

// SpamRules are limits on what looks like spam. A limit that is absent is off.
type SpamRules struct {
	URLLimit            *int32   `yaml:"url_limit"`
	RepetitionThreshold *float64 `yaml:"repetition_threshold"`
	// RepeatLimit is how often someone may send the same text within RepeatWindow; no limit when it is absent or 0.
	RepeatLimit *int32 `yaml:"repeat_limit"`
	// RepeatWindow is whole seconds, 60 when zero.
	RepeatWindow time.Duration `yaml:"repeat_window"`
}

// ModerationFailure is what becomes of messages that nobody can judge.
type ModerationFailure string

// What may become of them.
const (
	RetryUnjudged   ModerationFailure = "retry"
	ApproveUnjudged ModerationFailure = "approve"
)

// Validate refuses what there is not.
func (f ModerationFailure) Validate() error {
	switch f {
	case "", RetryUnjudged, ApproveUnjudged:
		return nil
	}
	return fmt.Errorf("%q is neither retry nor approve", string(f))
}

// Default is what holds where nothing is said: everything in one process, on loopback.
func Default() Config {
	return Config{
		DataDir: "palabre-data",
		HTTP:    HTTP{Addr: "127.0.0.1:8080"},
		GRPC:    GRPC{Addr: "127.0.0.1:9090"},
		MQTT:    MQTT{Addr: "127.0.0.1:1883"},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// tokenLifetime is how long tokens printed by `palabre token` live unless told.
const tokenLifetime = 24 * time.Hour
