package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/services/chat"
)

// What each part is given of the configuration.

func (c *Config) logger() *slog.Logger {
	var level slog.Level
	// Validated before.
	_ = level.UnmarshalText([]byte(c.Log.Level))
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

func (c *Config) verifier(logger *slog.Logger) (*auth.Verifier, error) {
	applications := map[string]auth.ApplicationConfig{}
	for id, a := range c.Applications {
		applications[id] = a.authConfig()
	}
	return auth.NewVerifier(auth.Config{
		Applications: applications,
		PeerSecret:   []byte(c.PeerSecret),
		Logger:       logger,
	})
}

func (a Application) authConfig() auth.ApplicationConfig {
	return auth.ApplicationConfig{
		JWTSecret:  a.Auth.JWTSecret,
		JWKSURL:    a.Auth.JWKSURL,
		PublicKeys: a.Auth.PublicKeys,
		APIKeys:    a.Auth.APIKeys,
		Roles:      a.Roles,
	}
}

func (c *Config) features() map[string]chat.Features {
	features := map[string]chat.Features{}
	for id, a := range c.Applications {
		features[id] = a.Features
	}
	return features
}

func (c *Config) visitorRules() map[string]chat.VisitorRules {
	rules := map[string]chat.VisitorRules{}
	for id, a := range c.Applications {
		rules[id] = a.Anonymous
	}
	return rules
}

func (c *Config) attachmentRules() map[string]chat.AttachmentRules {
	rules := map[string]chat.AttachmentRules{}
	for id, a := range c.Applications {
		rules[id] = a.Attachments
	}
	return rules
}

// attachmentsDir is where the bytes of attachments are.
func (c *Config) attachmentsDir() string {
	return cmp.Or(c.Attachments.Dir, filepath.Join(c.DataDir, "attachments"))
}

func (c *Config) languages() map[string]chat.Language {
	languages := map[string]chat.Language{}
	for id, a := range c.Applications {
		languages[id] = a.Language
	}
	return languages
}

// unjudged are the applications that let through what nobody can judge.
func (c *Config) unjudged() map[string]bool {
	unjudged := map[string]bool{}
	for id, a := range c.Applications {
		unjudged[id] = a.ModerationFailure == ApproveUnjudged
	}
	return unjudged
}

func (c *Config) roles() map[string]map[string]auth.RoleKind {
	roles := map[string]map[string]auth.RoleKind{}
	for id, a := range c.Applications {
		roles[id] = a.Roles
	}
	return roles
}

func (c *Config) floodLimits() map[string]flood.Limit {
	limits := map[string]flood.Limit{}
	for id, a := range c.Applications {
		limits[id] = a.floodLimit()
	}
	return limits
}

func (a Application) floodLimit() flood.Limit {
	limit := flood.Limit{Window: cmp.Or(a.FloodWindow, 10*time.Second)}
	if a.FloodLimit != nil {
		limit.Messages = int(*a.FloodLimit)
	}
	return limit
}

func (c *Config) prefixes() map[string]string {
	prefixes := map[string]string{}
	for id, a := range c.Applications {
		prefixes[id] = a.prefix()
	}
	return prefixes
}

// OpenDatabase opens the database that a configuration names.
func OpenDatabase(ctx context.Context, c Config) (*database.DB, error) {
	if c.Database.URL == "" {
		if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("data directory: %w", err)
		}
		c.Database.URL = "sqlite:" + filepath.Join(c.DataDir, "palabre.db")
	}
	return database.Open(ctx, c.Database)
}
