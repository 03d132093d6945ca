package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/app"
)

func load(t *testing.T, yaml string, environ ...string) (app.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "palabre.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.Load(file, environ)
	c.DataDir = t.TempDir()
	return c, err
}

// start makes an App on free ports of loopback, where the test says nothing else.
func start(t *testing.T, c app.Config) error {
	t.Helper()
	defaults := app.Default()
	for addr, byDefault := range map[*string]string{
		&c.HTTP.Addr: defaults.HTTP.Addr, &c.GRPC.Addr: defaults.GRPC.Addr, &c.MQTT.Addr: defaults.MQTT.Addr,
	} {
		if *addr == byDefault {
			*addr = "127.0.0.1:0"
		}
	}
	a, err := app.New(t.Context(), c)
	if err != nil {
		return err
	}
	return a.Close()
}

func TestWhatIsWrongWithAConfigurationIsNamed(t *testing.T) {
	const apps = "applications: {geosector: {auth: {jwt_secret: 0123456789abcdef}}}\n"
	for name, tt := range map[string]struct{ yaml, names string }{
		"an unknown key":                  {"databse: {url: x}", "databse"},
		"an unknown key far below":        {"applications: {a: {auth: {jwt_secrets: x}}}", "jwt_secrets"},
		"the wrong kind of value":         {"http: 8080", "http"},
		"an unknown role":                 {"run: [chat, mail]", "run[1]"},
		"an unknown database":             {"database: {url: 'oracle://x/y'}", "database.url"},
		"a Valkey that is no server":      {"valkey: {url: localhost}", "valkey.url"},
		"a Valkey without time":           {"valkey: {url: 'redis://h', timeout: -1s}", "valkey.timeout"},
		"fewer connections than none":     {"mqtt: {limits: {connections: -1}}", "mqtt.limits.connections"},
		"more inflight than packet ids":   {"mqtt: {limits: {inflight: 70000}}", "mqtt.limits.inflight"},
		"a limit that does not exist":     {"mqtt: {limits: {conections: 1}}", "conections"},
		"a session of ten years":          {"mqtt: {limits: {session_expiry: 87600h}}", "mqtt.limits.session_expiry"},
		"a balancer that is no network":   {"mqtt: {proxy_protocol: true, trusted_proxies: [10.0.0.1/8, lb]}", "mqtt.trusted_proxies[1]"},
		"PROXY headers of anybody":        {"mqtt: {proxy_protocol: true}", "mqtt.trusted_proxies"},
		"balancers that say nothing":      {"mqtt: {trusted_proxies: [10.0.0.0/8]}", "mqtt.proxy_protocol"},
		"a flood limit below none":        {"applications: {a: {flood_limit: -1}}", "applications.a.flood_limit"},
		"a flood window without its unit": {"applications: {a: {flood_window: 10}}", "flood_window"},
		"a flood window of half a second": {"applications: {a: {flood_window: 500ms}}", "applications.a.flood_window"},
		"a rule of two things":            {"applications: {a: {rules: [{id: x, mentions: {limit: 1}, contacts: {invites: true}}]}}", "applications.a.rules[0]"},
		"a rule of nothing":               {"applications: {a: {rules: [{id: x}]}}", "applications.a.rules[0]"},
		"a rule that is there already":    {"applications: {a: {rules: [{id: x, mentions: {}}, {id: x, mentions: {}}]}}", "applications.a.rules[1].id"},
		"a rule without an id":            {"applications: {a: {rules: [{mentions: {limit: 1}}]}}", "applications.a.rules[0].id"},
		"an action that does not exist":   {"applications: {a: {rules: [{id: x, mentions: {}, action: ban}]}}", "applications.a.rules[0].action"},
		"an action of no limit":           {"applications: {a: {rules: [{id: flood_limit, action: hold}]}}", "applications.a.rules[0].action"},
		"an unknown key of a rule":        {"applications: {a: {rules: [{id: x, wrods: {}}]}}", "wrods"},
		"an expression that is none":      {"applications: {a: {rules: [{id: x, regular_expression: {pattern: '('}}]}}", "applications.a.rules[0].regular_expression.pattern"},
		"a domain that is none":           {"applications: {a: {rules: [{id: x, domains: {denied: ['a b']}}]}}", "applications.a.rules[0].domains.denied[0]"},
		"a text of no language":           {"applications: {a: {rules: [{id: x, mentions: {}, messages: {de: Nein}}]}}", "applications.a.rules[0].messages"},
		"an age that is no time":          {"applications: {a: {rules: [{id: x, newcomer_links: {}}]}}", "applications.a.rules[0].newcomer_links.minimum_age"},
		"a repetition above all":          {"applications: {a: {spam_rules: {repetition_threshold: 1.5}}}", "applications.a.spam_rules.repetition_threshold"},
		"a repeat window of no seconds":   {"applications: {a: {spam_rules: {repeat_window: 1500ms}}}", "applications.a.spam_rules.repeat_window"},
		"a check without its address":     {"applications: {a: {external_check: {on_failure: hold}}}", "applications.a.external_check.url"},
		"a check of another kind":         {"applications: {a: {external_check: {url: 'ftp://x/y'}}}", "applications.a.external_check.url"},
		"a check that takes for ever":     {"applications: {a: {external_check: {url: 'grpc://h:1', timeout: 1m}}}", "applications.a.external_check.timeout"},
		"a check that fails oddly":        {"applications: {a: {external_check: {url: 'https://h/', on_failure: reject}}}", "applications.a.external_check.on_failure"},
		"events kept for less than none":  {"events: {retention: -1h}", "events.retention"},
		"reviews kept for less than none": {"moderation: {retention: -1h}", "moderation.retention"},
		"a log kept for less than none":   {"moderation: {log_retention: -1h}", "moderation.log_retention"},
		"a broker without a host":         {"broker: {url: 'tls://'}", "broker.url"},
		"more slots than there may be":    {"broker: {url: 'tls://broker:8883', slots: 9}", "broker.slots"},
		"slots at the embedded broker":    {"broker: {slots: 2}", "broker.slots"},
		"a secret of brokers too short":   {"mqtt_auth: {secret: short}", "mqtt_auth.secret"},
		"a secret of no broker":           {"mqtt_auth: {secret: 0123456789abcdef}", "mqtt_auth.secret"},
		"a gateway with a user's name":    {"mqtt_auth: {secret: 0123456789abcdef}\nbroker: {url: 'tcp://h:1', username: alice, password: 0123456789abcdef}", "broker.username"},
		"a gateway known by a short word": {"mqtt_auth: {secret: 0123456789abcdef}\nbroker: {url: 'tcp://h:1', username: a.b, password: short}", "broker.password"},
		"a missing service":               {"run: [chat]\npeer_secret: x", "services.moderation"},
		"a service that is no address":    {"run: [http]\nservices: {chat: x, moderation: 'a:1', audience: 'a:1'}", "services.chat"},
		"an address without a port":       {"http: {addr: localhost}", "http.addr"},
		"a topic prefix of two levels":    {"applications: {a: {topic_prefix: a/b}}", "applications.a.topic_prefix"},
		"a topic prefix taken twice":      {"applications: {a: {}, b: {}}", "applications.b.topic_prefix"},
		"a role that means nothing":       {"applications: {a: {roles: {'1': boss}}}", "applications.a.roles.1"},
		"a directory in a file":           {"applications: {a: {directory: {url: 'sqlite:x', query: SELECT 1}}}", "applications.a.directory.url"},
		"a directory without its query":   {"applications: {a: {directory: {url: 'mysql://h/x'}}}", "applications.a.directory.query"},
		"a directory that is never old":   {"applications: {a: {directory: {url: 'mysql://h/x', query: SELECT 1, every: 1ms}}}", "applications.a.directory.every"},
		"a query without its database":    {"applications: {a: {directory: {query: SELECT 1}}}", "applications.a.directory.url"},
		"dynamic security of no broker":   {"broker: {dynamic_security: true}", "broker.dynamic_security"},
		"dynamic security of nobody":      {"broker: {url: 'tls://b:8883', dynamic_security: true}", "broker.dynamic_security"},
		"a delivery that does not exist":  {"applications: {a: {group_delivery: mail}}", "applications.a.group_delivery"},
		"a secret short for the network":  {"applications: {a: {auth: {jwt_secret: short}}}\npeer_secret: 0123456789abcdef0123456789abcdef\nhttp: {addr: ':0', tls: {certFile: x, keyFile: x}}", "applications.a.auth.jwt_secret"},
		"a listener beyond without TLS":   {apps + "http: {addr: ':8080'}", "http.addr"},
		"a certificate without its key":   {"mqtt: {tls: {certFile: x}}", "mqtt.tls"},
		"a certificate that is not there": {"mqtt: {tls: {certFile: /nowhere, keyFile: /nowhere}}", "mqtt.tls"},
		"a failure that is not foreseen":  {"applications: {a: {moderation_failure: ignore}}", "applications.a.moderation_failure"},
		"a webhook without a secret":      {"applications: {a: {webhooks: [{url: 'https://h/'}]}}", "applications.a.webhooks[0].secret"},
		"a webhook of an unknown event":   {"applications: {a: {webhooks: [{url: 'https://h/', secret: s, events: [message.created, message.sent]}]}}", "applications.a.webhooks[0].events[1]"},
		"a webhook that is there already": {"applications: {a: {webhooks: [{url: 'https://h/', secret: s}, {url: 'https://h/', secret: t}]}}", "applications.a.webhooks[1].url"},
		"a webhook without TLS":           {"applications: {a: {webhooks: [{url: 'http://h/', secret: s}]}}", "applications.a.webhooks[0].url"},
		"a language that nobody speaks":   {"applications: {a: {language: tlh}}", "applications.a.language"},
		"a token that ends at once":       {"applications: {a: {anonymous: {token_lifetime: -1h}}}", "applications.a.anonymous.token_lifetime"},
		"a file of less than nothing":     {"applications: {a: {attachments: {max_bytes: -1}}}", "applications.a.attachments.max_bytes"},
		"a file of no kind":               {"applications: {a: {attachments: {media_types: [pdf]}}}", "applications.a.attachments.media_types[0]"},
		"a window that is no time":        {"applications: {a: {anonymous: {limit_window: -1h}}}", "applications.a.anonymous.limit_window"},
		"a log level that does not exist": {"log: {level: loud}", "log.level"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, tt.yaml)
			if err == nil {
				err = start(t, c)
			}
			if err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("the error is %v, and does not name %s", err, tt.names)
			}
		})
	}
}

func TestEnvironmentSetsKeys(t *testing.T) {
	c, err := load(t, "applications: {geosector: {topic_prefix: geo}}\nhttp: {addr: '127.0.0.1:1'}",
		"PATH=/bin",
		"PALABRE_DATABASE_URL=postgres://localhost/x",
		"PALABRE_VALKEY_URL=redis://localhost",
		"PALABRE_APPLICATIONS_GEOSECTOR_FLOOD_WINDOW=30s",
		"PALABRE_RUN=[chat, http]",
		"PALABRE_GRPC_TLS_CLIENT_CA_FILE=ca.pem",
		"PALABRE_SERVICES={moderation: 'a:1'}",
		"PALABRE_APPLICATIONS_GEOSECTOR_AUTH_JWT_SECRET=: [not yaml",
		"PALABRE_APPLICATIONS_GEOSECTOR_BAD_WORDS=[un, deux]",
		"PALABRE_APPLICATIONS_GEOSECTOR_ROLE_NAMES={'1': Membres}",
		"PALABRE_APPLICATIONS_GEOSECTOR_DIRECTORY_URL=mysql://host/crm",
		"PALABRE_APPLICATIONS_GEOSECTOR_DIRECTORY_EVERY=5m",
		"PALABRE_APPLICATIONS_RESALICE_TOPIC_PREFIX=resalice",
		"PALABRE_APPLICATIONS_RESALICE_ANONYMOUS_TOKEN_LIFETIME=48h",
		"PALABRE_INSECURE=true",
		"PALABRE_EVENTS_RETENTION=36h",
		"PALABRE_MQTT_LIMITS_PUBLISHES_PER_USER=50",
		"PALABRE_MQTT_TRUSTED_PROXIES=[10.0.0.0/8]",
		"PALABRE_ATTACHMENTS_DIR=/srv/files",
		"PALABRE_APPLICATIONS_GEOSECTOR_ATTACHMENTS_MAX_BYTES=1048576",
	)
	if err != nil {
		t.Fatal(err)
	}
	geosector := c.Applications["geosector"]
	for what, ok := range map[string]bool{
		"a string":                  c.Database.URL == "postgres://localhost/x",
		"a server":                  c.Valkey.URL == "redis://localhost",
		"a window":                  geosector.FloodWindow == 30*time.Second,
		"a list":                    len(c.Run) == 2 && c.Run[1] == app.RoleHTTP,
		"words within a key":        c.GRPC.TLS.ClientCAFile == "ca.pem",
		"a map":                     c.Services[app.RoleModeration] == "a:1",
		"a time":                    c.Applications["resalice"].Anonymous.TokenLifetime == 48*time.Hour,
		"a boolean":                 c.Insecure,
		"how long events are kept":  c.Events.Events == 36*time.Hour,
		"a limit":                   c.MQTT.Limits.PublishesPerUser == 50 && c.MQTT.Limits.Connections == 0,
		"networks":                  len(c.MQTT.TrustedProxies) == 1,
		"what looks like YAML":      geosector.Auth.JWTSecret == ": [not yaml",
		"where files are":           c.Attachments.Dir == "/srv/files",
		"how large a file is":       geosector.Attachments.MaxBytes == 1<<20,
		"a list of an application":  len(geosector.BadWords) == 2,
		"names of roles":            geosector.RoleNames["1"] == "Membres",
		"a key of a part":           geosector.Directory.URL == "mysql://host/crm",
		"a duration":                geosector.Directory.Every == 5*time.Minute,
		"what the file said":        geosector.TopicPrefix == "geo" && c.HTTP.Addr == "127.0.0.1:1",
		"an application of its own": c.Applications["resalice"].TopicPrefix == "resalice",
	} {
		if !ok {
			t.Errorf("%s was not set: %+v", what, c)
		}
	}
}

func TestAnUnknownVariableIsNamed(t *testing.T) {
	for _, variable := range []string{"PALABRE_DATABSE_URL=x", "PALABRE_APPLICATIONS_A_NOTHING=x", "PALABRE_RUN_CHAT=x"} {
		name, _, _ := strings.Cut(variable, "=")
		if _, err := load(t, "", variable); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestMadeUpSecretsStayOnLoopback(t *testing.T) {
	c, err := load(t, "http: {addr: ':0'}\ninsecure: false")
	if err != nil {
		t.Fatal(err)
	}
	if err := start(t, c); err == nil {
		t.Error("a server with made-up secrets listens to the network")
	}
	c.Insecure = true
	if err := start(t, c); err != nil {
		t.Errorf("--insecure does not allow it: %v", err)
	}
}

func TestATokenIsFoundAgainByItsDataDirectory(t *testing.T) {
	c := app.Default()
	c.DataDir = t.TempDir()
	demo := c
	demo.AddDemo()
	if err := start(t, demo); err != nil {
		t.Fatal(err)
	}
	if token, err := app.Token(c, app.TokenRequest{ApplicationID: "geosector", UserID: "alice"}); err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("the token is %q, %v", token, err)
	}
	if _, err := app.Token(c, app.TokenRequest{ApplicationID: "nowhere", UserID: "alice"}); err == nil || !strings.Contains(err.Error(), "geosector") {
		t.Errorf("an unknown application is answered %v", err)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range app.Keys() {
		if !strings.Contains(string(text), key) {
			t.Errorf("docs/configuration.md does not say what %s is", key)
		}
	}
}
