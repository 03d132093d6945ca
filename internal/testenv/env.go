package testenv

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

// App is the application that tests are about, Other the one that must never see anything of it.
const (
	App   = "geosector"
	Other = "resalice"
	// APIKey is that of App's back end.
	APIKey = "test-api-key-of-geosector-0123456789"
	// BadWord is refused in App.
	BadWord = "zut"

	appSecret   = "test-secret-of-geosector-0123456789"
	otherSecret = "test-secret-of-resalice-0123456789"
)

// Patience is how long a test waits for what has to come.
const Patience = 10 * time.Second

// Env is a running Palabre, as clients reach it.
type Env struct {
	// REST is the HTTP gateway's URL, GRPC the chat service's address, MQTT the broker's URL.
	REST, GRPC, MQTT string
	// ConversationTopics says that the broker checks membership, so that conversation and typing topics are used.
	ConversationTopics bool
	// SessionsEnd says that who comes back finds nothing that was kept for them, and has to sync.
	SessionsEnd bool
	// SubscribesAt0 says that people subscribe at QoS 0, as the broker likes it; otherwise at QoS 1.
	SubscribesAt0 bool
	// TLS is how to trust the broker; nil when it has no TLS.
	TLS *tls.Config
	// ToldOfUsers says that the broker hears from the gateway who is a user and who takes part in what: a moment after it
	// became so, for which people wait.
	ToldOfUsers bool
	// Username is what a user connects to the broker as, given their token: their id when nil.
	Username func(t testing.TB, user, token string) string
	// Password is what a user connects to the broker with, given their token.
	Password func(t testing.TB, user, token string) string
}

func (e *Env) subscribeQoS() byte {
	if e.SubscribesAt0 {
		return 0
	}
	return 1
}

// Config is the configuration that tests run with, on free ports, with a data directory of its own.
func Config(t testing.TB) app.Config {
	t.Helper()
	c := app.Default()
	c.DataDir = t.TempDir()
	c.Attachments.Dir = t.TempDir() // Which processes with data directories of their own share.
	c.HTTP.Addr, c.GRPC.Addr, c.MQTT.Addr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.Log.Level = "warn"
	roles := map[string]auth.RoleKind{"1": auth.RoleMember, "2": auth.RoleAdmin, "9": auth.RoleSuperAdmin}
	c.Applications = map[string]app.Application{
		App: {
			TopicPrefix:      "chat",
			Auth:             app.Auth{JWTSecret: appSecret, APIKeys: []string{APIKey}},
			Roles:            roles,
			Features:         chat.Features{Groups: true, Announcements: true, Attachments: true, Presence: true},
			ModeratorEnabled: true,
			BadWords:         []string{BadWord},
		},
		Other: {
			TopicPrefix: "resalice",
			Auth:        app.Auth{JWTSecret: otherSecret},
			Roles:       roles,
			Features:    chat.Features{Anonymous: true},
		},
	}
	return c
}

// Token is that of a member of asso-1, as their host product signs it.
func Token(t testing.TB, application, user string) string {
	t.Helper()
	return TokenOf(t, application, user, "1", "asso-1")
}

// TokenOf is the token of a user with a role in an entity.
func TokenOf(t testing.TB, application, user, role, entity string) string {
	t.Helper()
	secret := map[string]string{App: appSecret, Other: otherSecret}[application]
	token, err := auth.SignToken(secret, auth.Claims{
		UserID: user, ApplicationID: application, Role: role, EntityID: entity, Name: "Name of " + user,
		ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// trust makes a TLS configuration that trusts one authority.
func trust(ca *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: ca, MinVersion: tls.VersionTLS12}
}
