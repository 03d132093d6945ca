package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
)

// secrets are what a deployment that was given none makes up: enough to try Palabre, on loopback.
type secrets struct {
	PeerSecret string `yaml:"peer_secret"`
	// JWTSecrets are by application.
	JWTSecrets map[string]string `yaml:"jwt_secrets"`
}

const secretsFile = "secrets.yaml"

// completeSecrets fills in what the configuration leaves out, from the data directory, and keeps there what it has to make
// up. It answers the names of the keys whose values were made up, now or before.
func (c *Config) completeSecrets() (madeUp []string, err error) {
	if c.PeerSecret == "" {
		c.PeerSecret = c.derivedPeerSecret()
	}
	if !c.lacksSecrets() {
		return nil, nil
	}
	kept, err := readSecrets(c.DataDir)
	if err != nil {
		return nil, err
	}
	changed := false
	fill := func(key string, value *string, keep func(string), before string) {
		if before == "" {
			before, changed = rand.Text()+rand.Text(), true
			keep(before)
		}
		*value = before
		madeUp = append(madeUp, key)
	}
	if c.PeerSecret == "" {
		fill("peer_secret", &c.PeerSecret, func(s string) { kept.PeerSecret = s }, kept.PeerSecret)
	}
	for id, a := range c.Applications {
		if !a.Auth.missing() {
			continue
		}
		fill("applications."+id+".auth.jwt_secret", &a.Auth.JWTSecret, func(s string) { kept.JWTSecrets[id] = s }, kept.JWTSecrets[id])
		c.Applications[id] = a
	}
	if changed {
		err = kept.write(c.DataDir)
	}
	return madeUp, err
}

// derivedPeerSecret makes the deployment's secret of all that its applications keep secret: processes with the same file
// know each other without one more key, and nobody who knows one application's secrets knows it, unless there is only that
// one. Empty when an application keeps nothing secret here.
func (c *Config) derivedPeerSecret() string {
	if len(c.Applications) == 0 {
		return ""
	}
	sum := hmac.New(sha256.New, []byte("palabre peer secret"))
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		a := c.Applications[id].Auth
		if a.JWTSecret == "" && len(a.APIKeys) == 0 {
			return ""
		}
		_, _ = fmt.Fprintf(sum, "%q %q %q\n", id, a.JWTSecret, a.APIKeys)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// lacksSecrets says that there is something to make up.
func (c *Config) lacksSecrets() bool {
	for _, a := range c.Applications {
		if a.Auth.missing() {
			return true
		}
	}
	return c.PeerSecret == ""
}

// missing says that no user could prove anything.
func (a Auth) missing() bool { return a.JWTSecret == "" && a.JWKSURL == "" && len(a.PublicKeys) == 0 }

func readSecrets(dir string) (secrets, error) {
	kept := secrets{}
	text, err := os.ReadFile(filepath.Join(dir, secretsFile))
	if err == nil {
		err = yaml.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return secrets{}, fmt.Errorf("data directory: %w", err)
	}
	if kept.JWTSecrets == nil {
		kept.JWTSecrets = map[string]string{}
	}
	return kept, nil
}

// write replaces the file whole, so that a crash leaves the old one or the new one.
func (s secrets) write(dir string) error {
	text, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	file := filepath.Join(dir, secretsFile)
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}
