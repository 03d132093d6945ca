package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/palabre/palabre/internal/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret     = "a shared secret of geosector"
	apiKey     = "geo_0123456789abcdef"
	peerSecret = "the deployment's own secret, of 32 bytes and more"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func newVerifier(t testing.TB, c auth.Config) *auth.Verifier {
	t.Helper()
	v, err := auth.NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func geosector(t testing.TB, now *clock) *auth.Verifier {
	t.Helper()
	return newVerifier(t, auth.Config{
		Applications: map[string]auth.ApplicationConfig{
			"geosector": {
				JWTSecret: secret,
				APIKeys:   []string{apiKey},
				Roles:     map[string]auth.RoleKind{"2": auth.RoleAdmin, "9": auth.RoleSuperAdmin},
			},
			"resalice": {},
		},
		PeerSecret: []byte(peerSecret),
		Now:        now.now,
	})
}

func signed(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// alice answers the claims of a good token, with changes; a nil takes a claim away.
func alice(changes jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{
		"sub": "alice", "app": "geosector", "role": "2", "entity": "7", "name": "Alice", "jti": "t1",
		"exp": noon.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func TestATokenSaysWhoTheUserIs(t *testing.T) {
	v := geosector(t, &clock{noon})
	got, err := v.Token(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(secret), alice(nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Alice", Role: "2", EntityID: "7",
		RoleKind: auth.RoleAdmin, TokenID: "t1", ExpiresAt: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("principal (-want +got):\n%s", diff)
	}
}

func TestTheApplicationSaysWhatARoleMeans(t *testing.T) {
	v := geosector(t, &clock{noon})
	for role, want := range map[any]auth.RoleKind{
		"2": auth.RoleAdmin,
		"9": auth.RoleSuperAdmin,
		9:   auth.RoleSuperAdmin, // Hosts whose ids are numbers write them as such.
		"1": auth.RoleMember,
		"":  auth.RoleMember,
		nil: auth.RoleMember,
	} {
		p, err := v.Token(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(secret), alice(jwt.MapClaims{"role": role})))
		if err != nil || p.RoleKind != want {
			t.Errorf("role %v: %q, %v; want %q", role, p.RoleKind, err, want)
		}
	}
}

func TestABadTokenIsRefused(t *testing.T) {
	v := geosector(t, &clock{noon})
	hs256 := func(changes jwt.MapClaims) string {
		return signed(t, jwt.SigningMethodHS256, []byte(secret), alice(changes))
	}
	for rule, c := range map[string]struct {
		token string
		want  error
	}{
		"empty":                         {"", auth.ErrNoCredentials},
		"no JWT":                        {"abc", auth.ErrBadToken},
		"very long":                     {strings.Repeat("a", 1<<20), auth.ErrBadToken},
		"signed by someone else":        {signed(t, jwt.SigningMethodHS256, []byte("another secret of 16"), alice(nil)), auth.ErrBadToken},
		"changed":                       {hs256(nil) + "x", auth.ErrBadToken},
		"unsigned":                      {signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, alice(nil)), auth.ErrBadToken},
		"algorithm not offered":         {signed(t, jwt.SigningMethodHS512, []byte(secret), alice(nil)), auth.ErrBadToken},
		"expired":                       {hs256(jwt.MapClaims{"exp": noon.Add(-time.Minute).Unix()}), auth.ErrExpired},
		"without end":                   {hs256(jwt.MapClaims{"exp": nil}), auth.ErrBadToken},
		"not yet good":                  {hs256(jwt.MapClaims{"nbf": noon.Add(time.Hour).Unix()}), auth.ErrBadToken},
		"expired, of someone else":      {signed(t, jwt.SigningMethodHS256, []byte("another secret of 16"), alice(jwt.MapClaims{"exp": 1})), auth.ErrBadToken},
		"of an application not here":    {hs256(jwt.MapClaims{"app": "other"}), auth.ErrUnknownApplication},
		"of no application":             {hs256(jwt.MapClaims{"app": nil}), auth.ErrUnknownApplication},
		"of an application without key": {hs256(jwt.MapClaims{"app": "resalice"}), auth.ErrBadToken},
		"without user":                  {hs256(jwt.MapClaims{"sub": nil}), auth.ErrBadToken},
		"user id that is none":          {hs256(jwt.MapClaims{"sub": "a/b"}), auth.ErrBadToken},
		"user id too long":              {hs256(jwt.MapClaims{"sub": strings.Repeat("a", 65)}), auth.ErrBadToken},
		"user id of a visitor":          {hs256(jwt.MapClaims{"sub": "anon:1"}), auth.ErrBadToken},
	} {
		t.Run(rule, func(t *testing.T) {
			p, err := v.Token(t.Context(), c.token)
			wantError(t, err, c.want)
			if p != (auth.Principal{}) {
				t.Errorf("a principal came with the error: %+v", p)
			}
		})
	}
}

func TestAPublicKeyVerifiesItsOwnAlgorithmOnly(t *testing.T) {
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	keys := map[string]struct {
		method jwt.SigningMethod
		key    crypto.Signer
	}{
		"RS256": {jwt.SigningMethodRS256, rsaKey},
		"ES256": {jwt.SigningMethodES256, ecKey},
		"EdDSA": {jwt.SigningMethodEdDSA, edKey},
	}
	for name, k := range keys {
		t.Run(name, func(t *testing.T) {
			public := publicPEM(t, k.key)
			v := newVerifier(t, auth.Config{
				Applications: map[string]auth.ApplicationConfig{"geosector": {PublicKeys: []string{publicPEM(t, other), public}}},
				Now:          (&clock{noon}).now,
			})
			if _, err := v.Token(t.Context(), signed(t, k.method, k.key, alice(nil))); err != nil {
				t.Errorf("its token: %v", err)
			}
			// The classic: a public key is public, so anyone could sign HS256 with its text.
			_, err := v.Token(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(public), alice(nil)))
			wantError(t, err, auth.ErrBadToken)
			for another, o := range keys {
				if another != name {
					_, err := v.Token(t.Context(), signed(t, o.method, o.key, alice(nil)))
					wantError(t, err, auth.ErrBadToken)
				}
			}
		})
	}
}

func TestAVerifiedTokenIsGoodUntilItsEnd(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), alice(jwt.MapClaims{"exp": noon.Add(30 * time.Second).Unix()}))
	for _, step := range []struct {
		at   time.Duration
		want error
	}{
		{0, nil},
		{29 * time.Second, nil},
		{39 * time.Second, nil}, // The clocks of host and server may differ by 10 s.
		{41 * time.Second, auth.ErrExpired},
	} {
		now.Time = noon.Add(step.at)
		_, err := v.Token(t.Context(), token)
		wantError(t, err, step.want)
	}
}

func TestSignTokenMakesWhatTheVerifierAccepts(t *testing.T) {
	v := geosector(t, &clock{noon})
	claims := auth.Claims{UserID: "bob", ApplicationID: "geosector", Role: "9", EntityID: "3", Name: "Bob", TokenID: "x", ExpiresAt: noon.Add(time.Hour)}
	token, err := auth.SignToken(secret, claims)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Token(t.Context(), token)
	want := auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindUser, UserID: "bob", Name: "Bob", Role: "9", EntityID: "3",
		RoleKind: auth.RoleSuperAdmin, TokenID: "x", ExpiresAt: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, principal (-want +got):\n%s", err, diff)
	}
}

func TestSignTokenRefusesWhatNoVerifierWouldAccept(t *testing.T) {
	good := auth.Claims{UserID: "bob", ApplicationID: "geosector", ExpiresAt: noon}
	for rule, change := range map[string]func(*auth.Claims, *string){
		"no secret":      func(_ *auth.Claims, s *string) { *s = "" },
		"no user":        func(c *auth.Claims, _ *string) { c.UserID = "" },
		"visitor":        func(c *auth.Claims, _ *string) { c.UserID = "anon:1" },
		"no application": func(c *auth.Claims, _ *string) { c.ApplicationID = "" },
		"no end":         func(c *auth.Claims, _ *string) { c.ExpiresAt = time.Time{} },
	} {
		t.Run(rule, func(t *testing.T) {
			claims, key := good, secret
			change(&claims, &key)
			if token, err := auth.SignToken(key, claims); err == nil {
				t.Errorf("signed %s", token)
			}
		})
	}
}

func publicPEM(t testing.TB, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func BenchmarkToken(b *testing.B) {
	v := geosector(b, &clock{noon})
	token := signed(b, jwt.SigningMethodHS256, []byte(secret), alice(nil))
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Token(context.Background(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("uncached", func(b *testing.B) {
		now := &clock{noon}
		v := geosector(b, now)
		long := signed(b, jwt.SigningMethodHS256, []byte(secret), alice(jwt.MapClaims{"exp": noon.AddDate(100, 0, 0).Unix()}))
		b.ReportAllocs()
		for b.Loop() {
			now.Time = now.Add(time.Minute)
			if now.Year() > 2100 {
				now.Time = noon
			}
			if _, err := v.Token(context.Background(), long); err != nil {
				b.Fatal(err)
			}
		}
	})
}
