package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/palabre/palabre/internal/auth"
)

// TokenRequest asks for a user's token, as `palabre token` does: for trying Palabre out, and for a host product's first
// steps. In production the host product signs tokens itself.
type TokenRequest struct {
	ApplicationID string
	UserID        string
	Role          string
	EntityID      string
	Name          string
	// Lifetime is a day when zero.
	Lifetime time.Duration
}

// Token signs a token that a server with this configuration, or with this data directory, accepts.
func Token(c Config, r TokenRequest) (string, error) {
	if len(c.Applications) == 0 {
		if err := c.recallApplications(); err != nil {
			return "", err
		}
	}
	if _, known := c.Applications[r.ApplicationID]; !known {
		return "", fmt.Errorf("there is no application %q; there is %s", r.ApplicationID,
			strings.Join(slices.Sorted(maps.Keys(c.Applications)), ", "))
	}
	if _, err := c.completeSecrets(); err != nil {
		return "", err
	}
	a := c.Applications[r.ApplicationID]
	if a.Auth.JWTSecret == "" {
		return "", fmt.Errorf("application %q has public keys only: its tokens are signed by the host product", r.ApplicationID)
	}
	if !auth.ValidUserID(r.UserID) {
		return "", errors.New("--user: is 1 to 64 letters, digits, _, : and -, and does not begin with `anon:`")
	}
	if r.Lifetime == 0 {
		r.Lifetime = tokenLifetime
	}
	return auth.SignToken(a.Auth.JWTSecret, auth.Claims{
		UserID:        r.UserID,
		ApplicationID: r.ApplicationID,
		Role:          r.Role,
		EntityID:      r.EntityID,
		Name:          r.Name,
		ExpiresAt:     time.Now().Add(r.Lifetime),
	})
}

// recallApplications stands in for a configuration file where there is none: the applications that the data directory
// has secrets of, and the one that a server without configuration has.
func (c *Config) recallApplications() error {
	kept, err := readSecrets(c.DataDir)
	if err != nil {
		return err
	}
	c.Applications = defaultApplications()
	for id := range kept.JWTSecrets {
		c.Applications[id] = Application{}
	}
	return nil
}
