package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"github.com/palabre/palabre/internal/auth"
)

func TestValidateNamesTheField(t *testing.T) {
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	one := func(a auth.ApplicationConfig) auth.Config {
		return auth.Config{Applications: map[string]auth.ApplicationConfig{"geosector": a}, PeerSecret: []byte(peerSecret)}
	}
	for field, c := range map[string]auth.Config{
		"peer_secret: ": {PeerSecret: []byte("short")},
		"applications.geosector.auth.jwt_secret: is":   one(auth.ApplicationConfig{JWTSecret: peerSecret}),
		"applications.geosector.auth.jwks_url: ":       one(auth.ApplicationConfig{JWKSURL: "ftp://example.org/keys"}),
		"applications.geosector.auth.public_keys[0]: ": one(auth.ApplicationConfig{PublicKeys: []string{"not PEM"}}),
		"an RSA key of 1024 bits":                      one(auth.ApplicationConfig{PublicKeys: []string{publicPEM(t, weak)}}),
		"a key on P-384":                               one(auth.ApplicationConfig{PublicKeys: []string{publicPEM(t, p384)}}),
		"applications.geosector.auth.api_keys[1]: ":    one(auth.ApplicationConfig{APIKeys: []string{apiKey, ""}}),
		"applications.geosector.roles.2: ":             one(auth.ApplicationConfig{Roles: map[string]auth.RoleKind{"2": "boss"}}),
		"api_keys: one of them is also of": {Applications: map[string]auth.ApplicationConfig{
			"geosector": {APIKeys: []string{apiKey}}, "resalice": {APIKeys: []string{apiKey}},
		}},
	} {
		t.Run(field, func(t *testing.T) {
			_, err := auth.NewVerifier(c)
			if err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), peerSecret) {
				t.Error("the error tells the secret")
			}
		})
	}
}

func TestWeakNamesTheSecretThatIsTooShort(t *testing.T) {
	for field, c := range map[string]auth.ApplicationConfig{
		"auth.jwt_secret: has 15 bytes": {JWTSecret: "15 bytes of it."},
		"auth.api_keys[1]: has 5 bytes": {APIKeys: []string{apiKey, "short"}},
	} {
		if err := c.Weak(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error %v, want one of %s", err, field)
		}
	}
	if err := (auth.ApplicationConfig{JWTSecret: secret, APIKeys: []string{apiKey}}).Weak(); err != nil {
		t.Error(err)
	}
}
