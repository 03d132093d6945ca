package auth

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	// strongSecret is how long a secret has to be that the network can guess at, in bytes.
	strongSecret = 16
	// minPeerSecret is the shortest secret of a deployment, in bytes: as long as HS256's output.
	minPeerSecret = 32
)

// Config is what a Verifier is made of.
type Config struct {
	// Applications are the host products served, by application id.
	Applications map[string]ApplicationConfig
	// PeerSecret proves the components of this deployment to one another: at least 32 bytes. Without one, no peer token is
	// accepted.
	PeerSecret []byte
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// HTTPClient fetches JWKS documents; one of its own when nil.
	HTTPClient *http.Client
	// Logger hears of JWKS documents that cannot be fetched; slog.Default() when nil.
	Logger *slog.Logger
}

// ApplicationConfig says how an application proves its users and back ends, and what its roles mean. All ways may be used
// at once; with none, the application has visitors only.
type ApplicationConfig struct {
	// JWTSecret verifies HS256 tokens. See Weak.
	JWTSecret string
	// JWKSURL is where the application publishes the keys of its RS256, ES256 and EdDSA tokens.
	JWKSURL string
	// PublicKeys verify RS256, ES256 and EdDSA tokens: PEM, PKIX or PKCS #1, or certificates.
	PublicKeys []string
	// APIKeys are those of the application's back ends; no two applications share one. See Weak.
	APIKeys []string
	// Roles says what a role id of the host product means; RoleMember when it is not listed.
	Roles map[string]RoleKind
}

// Validate names the field that cannot be used.
func (c Config) Validate() error {
	if len(c.PeerSecret) != 0 && len(c.PeerSecret) < minPeerSecret {
		return fmt.Errorf("peer_secret: has %d bytes, at least %d are needed", len(c.PeerSecret), minPeerSecret)
	}
	owners := map[string]string{}
	for id, a := range c.Applications {
		if err := a.Validate(); err != nil {
			return fmt.Errorf("applications.%s.%w", id, err)
		}
		// An application that knew the deployment's secret could vouch for anyone.
		if a.JWTSecret != "" && bytes.Equal([]byte(a.JWTSecret), c.PeerSecret) {
			return fmt.Errorf("applications.%s.auth.jwt_secret: is the deployment's peer secret", id)
		}
		for _, key := range a.APIKeys {
			if owner, taken := owners[key]; taken && owner != id {
				return fmt.Errorf("applications.%s.auth.api_keys: one of them is also of %s", id, owner)
			}
			owners[key] = id
		}
	}
	return nil
}

// Validate names the field that cannot be used.
func (c ApplicationConfig) Validate() error {
	if err := validateURL(c.JWKSURL); err != nil {
		return fmt.Errorf("auth.jwks_url: %w", err)
	}
	for i, text := range c.PublicKeys {
		if _, err := parsePublicKey(text); err != nil {
			return fmt.Errorf("auth.public_keys[%d]: %w", i, err)
		}
	}
	for i, key := range c.APIKeys {
		if key == "" {
			return fmt.Errorf("auth.api_keys[%d]: is empty", i)
		}
	}
	for role, kind := range c.Roles {
		if kind != RoleMember && kind != RoleAdmin && kind != RoleSuperAdmin {
			return fmt.Errorf("roles.%s: %q is not member, admin or super_admin", role, kind)
		}
	}
	return nil
}

// Weak names the first secret that is too short to be guessed at from the network. On a developer's own machine any will do.
func (c ApplicationConfig) Weak() error {
	if n := len(c.JWTSecret); n != 0 && n < strongSecret {
		return fmt.Errorf("auth.jwt_secret: has %d bytes, at least %d are needed", n, strongSecret)
	}
	for i, key := range c.APIKeys {
		if len(key) < strongSecret {
			return fmt.Errorf("auth.api_keys[%d]: has %d bytes, at least %d are needed", i, len(key), strongSecret)
		}
	}
	return nil
}

func validateURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return errors.New("is not an http or https address")
	}
	return nil
}
