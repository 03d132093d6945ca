package auth_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc/metadata"

	"github.com/palabre/palabre/internal/auth"
)

func TestMetadataSaysWhoCalls(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), alice(nil))
	peer, err := signer(t, peerSecret, "mqtt", now).Sign(auth.Principal{ApplicationID: "resalice", Kind: auth.KindVisitor, UserID: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	for rule, c := range map[string]struct {
		md      metadata.MD
		kind    auth.Kind
		subject string
		err     error
	}{
		"nothing":                           {md: nil, err: auth.ErrNoCredentials},
		"a token":                           {md: metadata.Pairs("authorization", "Bearer "+token), kind: auth.KindUser, subject: "alice"},
		"a token, the scheme in small":      {md: metadata.Pairs("authorization", "bearer "+token), kind: auth.KindUser, subject: "alice"},
		"another scheme":                    {md: metadata.Pairs("authorization", "Basic YTpi"), err: auth.ErrBadToken},
		"a scheme without token":            {md: metadata.Pairs("authorization", "Bearer"), err: auth.ErrNoCredentials},
		"two tokens":                        {md: metadata.Pairs("authorization", "Bearer "+token, "authorization", "Bearer "+token), err: auth.ErrBadToken},
		"an API key":                        {md: metadata.Pairs("x-api-key", apiKey), kind: auth.KindService},
		"an API key, acting for a user":     {md: metadata.Pairs("x-api-key", apiKey, "x-palabre-user", "bob"), kind: auth.KindService, subject: "bob"},
		"an API key, acting for a visitor":  {md: metadata.Pairs("x-api-key", apiKey, "x-palabre-user", "anon:v1"), err: auth.ErrBadUserID},
		"an API key, acting for a non-user": {md: metadata.Pairs("x-api-key", apiKey, "x-palabre-user", "a b"), err: auth.ErrBadUserID},
		"a wrong API key":                   {md: metadata.Pairs("x-api-key", apiKey+"x"), err: auth.ErrBadAPIKey},
		"a user without API key":            {md: metadata.Pairs("x-palabre-user", "bob"), err: auth.ErrNoCredentials},
		"a token acts for nobody else":      {md: metadata.Pairs("authorization", "Bearer "+token, "x-palabre-user", "bob"), kind: auth.KindUser, subject: "alice"},
		"a token before an API key":         {md: metadata.Pairs("authorization", "Bearer "+token, "x-api-key", apiKey), kind: auth.KindUser, subject: "alice"},
		"a bad token before an API key":     {md: metadata.Pairs("authorization", "Bearer x", "x-api-key", apiKey), err: auth.ErrBadToken},
		"a peer before all":                 {md: metadata.Pairs("x-palabre-principal", peer, "authorization", "Bearer "+token), kind: auth.KindVisitor, subject: "anon:v1"},
		"a bad peer before all":             {md: metadata.Pairs("x-palabre-principal", "x", "authorization", "Bearer "+token), err: auth.ErrBadToken},
	} {
		t.Run(rule, func(t *testing.T) {
			p, err := v.Metadata(t.Context(), c.md)
			wantError(t, err, c.err)
			if p.Kind != c.kind || p.Subject() != c.subject {
				t.Errorf("%s %q; want %s %q", p.Kind, p.Subject(), c.kind, c.subject)
			}
		})
	}
}

func TestAnAPIKeySaysOfWhichApplication(t *testing.T) {
	v := newVerifier(t, auth.Config{Applications: map[string]auth.ApplicationConfig{
		"geosector": {APIKeys: []string{"key of geosector 1", "key of geosector 2"}},
		"resalice":  {APIKeys: []string{"key of resalice 1"}},
	}})
	for key, want := range map[string]string{
		"key of geosector 1": "geosector",
		"key of geosector 2": "geosector",
		"key of resalice 1":  "resalice",
	} {
		if p, err := v.APIKey(key); err != nil || p.ApplicationID != want || p.Kind != auth.KindService {
			t.Errorf("%s: %+v, %v", key, p, err)
		}
	}
	_, err := v.APIKey("")
	wantError(t, err, auth.ErrNoCredentials)
}
