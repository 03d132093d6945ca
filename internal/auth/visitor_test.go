package auth_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/metadata"

	"github.com/palabre/palabre/internal/auth"
)

const (
	visitorID      = "0190a3f0-7c5e-7cc3-8a3e-0123456789ab"
	conversationID = "0190a3f0-7c5e-7cc3-8a3e-ba9876543210"
)

func visitorTokens(t testing.TB, secret string, now *clock) *auth.VisitorTokens {
	t.Helper()
	tokens, err := auth.NewVisitorTokens([]byte(secret), now.now)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func zoe(change func(*auth.VisitorClaims)) auth.VisitorClaims {
	c := auth.VisitorClaims{
		AnonymousID: visitorID, ConversationID: conversationID, ApplicationID: "geosector", Name: "Zoé", ExpiresAt: noon.Add(time.Hour),
	}
	if change != nil {
		change(&c)
	}
	return c
}

func visitorToken(t testing.TB, tokens *auth.VisitorTokens, c auth.VisitorClaims) string {
	t.Helper()
	token, err := tokens.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAVisitorsTokenSaysWhoAndWhere(t *testing.T) {
	now := &clock{noon}
	token := visitorToken(t, visitorTokens(t, peerSecret, now), zoe(nil))
	got, err := geosector(t, now).Token(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Principal{
		ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: visitorID, Name: "Zoé",
		ConversationID: conversationID, ExpiresAt: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(auth.Principal{}, "TokenID")); diff != "" || got.TokenID == "" {
		t.Errorf("principal (-want +got):\n%s", diff)
	}
	if got.Subject() != "anon:"+visitorID {
		t.Errorf("the subject is %q", got.Subject())
	}
}

func TestAPeerCarriesTheConversationOfAVisitor(t *testing.T) {
	now := &clock{noon}
	p := auth.Principal{ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: visitorID, ConversationID: conversationID}
	got, err := geosector(t, now).Metadata(t.Context(), fromPeer(t, signer(t, peerSecret, "chat", now), p))
	if err != nil || got.ConversationID != conversationID {
		t.Errorf("the principal is %+v, %v", got, err)
	}
}

func TestNobodyElseMakesAVisitor(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	claims := func(change jwt.MapClaims) jwt.MapClaims {
		all := jwt.MapClaims{
			"kind": "visitor", "sub": visitorID, "app": "geosector", "conv": conversationID, "aud": "palabre-visitor",
			"exp": noon.Add(time.Hour).Unix(),
		}
		for name, value := range change {
			if all[name] = value; value == nil {
				delete(all, name)
			}
		}
		return all
	}
	key, err := auth.DeriveKey([]byte(peerSecret), "visitor token")
	if err != nil {
		t.Fatal(err)
	}
	other, err := auth.DeriveKey([]byte(peerSecret), "something else")
	if err != nil {
		t.Fatal(err)
	}
	ours := func(change jwt.MapClaims) string { return signed(t, jwt.SigningMethodHS256, key, claims(change)) }
	if _, err := v.Token(t.Context(), ours(nil)); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for rule, c := range map[string]struct {
		token string
		want  error
	}{
		"signed with the application's secret": {signed(t, jwt.SigningMethodHS256, []byte(secret), claims(nil)), auth.ErrBadToken},
		"signed with the deployment's secret":  {signed(t, jwt.SigningMethodHS256, []byte(peerSecret), claims(nil)), auth.ErrBadToken},
		"signed with a key for something else": {signed(t, jwt.SigningMethodHS256, other, claims(nil)), auth.ErrBadToken},
		"unsigned":                             {signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(nil)), auth.ErrBadToken},
		"another algorithm":                    {signed(t, jwt.SigningMethodHS512, key, claims(nil)), auth.ErrBadToken},
		"ours, that says it is a user's":       {ours(jwt.MapClaims{"kind": nil, "sub": "alice"}), auth.ErrBadToken},
		"expired":                              {ours(jwt.MapClaims{"exp": noon.Add(-time.Minute).Unix()}), auth.ErrExpired},
		"without end":                          {ours(jwt.MapClaims{"exp": nil}), auth.ErrBadToken},
		"for another purpose":                  {ours(jwt.MapClaims{"aud": "palabre-peer"}), auth.ErrBadToken},
		"of an application not here":           {ours(jwt.MapClaims{"app": "elsewhere"}), auth.ErrUnknownApplication},
		"of no application":                    {ours(jwt.MapClaims{"app": nil}), auth.ErrBadToken},
		"without conversation":                 {ours(jwt.MapClaims{"conv": nil}), auth.ErrBadToken},
		"of somebody who is no visitor":        {ours(jwt.MapClaims{"sub": "alice"}), auth.ErrBadToken},
	} {
		t.Run(rule, func(t *testing.T) {
			p, err := v.Token(t.Context(), c.token)
			wantError(t, err, c.want)
			if p != (auth.Principal{}) {
				t.Errorf("a principal came with the error: %+v", p)
			}
		})
	}
	// A host product may write a kind of its own into its users' tokens.
	p, err := v.Token(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(secret), alice(jwt.MapClaims{"kind": "volunteer"})))
	if err != nil || p.Kind != auth.KindUser {
		t.Errorf("a host's own kind is answered %+v, %v", p, err)
	}
	alone := newVerifier(t, auth.Config{Applications: map[string]auth.ApplicationConfig{"geosector": {}}, Now: now.now})
	_, err = alone.Token(t.Context(), ours(nil))
	wantError(t, err, auth.ErrBadToken)
}

func TestVisitorTokensAreMadeOfWholeClaimsOnly(t *testing.T) {
	tokens := visitorTokens(t, peerSecret, &clock{noon})
	for claim, change := range map[string]func(*auth.VisitorClaims){
		"sub":  func(c *auth.VisitorClaims) { c.AnonymousID = "alice" },
		"conv": func(c *auth.VisitorClaims) { c.ConversationID = "" },
		"app":  func(c *auth.VisitorClaims) { c.ApplicationID = "" },
		"exp":  func(c *auth.VisitorClaims) { c.ExpiresAt = time.Time{} },
	} {
		if _, err := tokens.Sign(zoe(change)); err == nil || !strings.Contains(err.Error(), claim) {
			t.Errorf("without %s the error is %v", claim, err)
		}
	}
	if _, err := auth.NewVisitorTokens([]byte("short"), nil); err == nil {
		t.Error("a short secret was accepted")
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	one, err := auth.DeriveKey([]byte(peerSecret), "one")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := auth.DeriveKey([]byte(peerSecret), "two")
	if bytes.Equal(one, two) || bytes.Contains([]byte(peerSecret), one) {
		t.Error("one key is another, or part of the secret")
	}
}

// FuzzToken: no text makes a caller but one of those for whom a token was signed.
func FuzzToken(f *testing.F) {
	key, err := auth.DeriveKey([]byte(peerSecret), "visitor token")
	if err != nil {
		f.Fatal(err)
	}
	visitor := signed(f, jwt.SigningMethodHS256, key, jwt.MapClaims{
		"kind": "visitor", "sub": visitorID, "app": "geosector", "conv": conversationID, "aud": "palabre-visitor",
		"exp": noon.Add(time.Hour).Unix(),
	})
	user := signed(f, jwt.SigningMethodHS256, []byte(secret), alice(nil))
	for _, seed := range []string{"", "..", visitor, user, visitor[:len(visitor)-2], strings.Replace(visitor, ".", "..", 1)} {
		f.Add(seed)
	}
	v := geosector(f, &clock{noon})
	f.Fuzz(func(t *testing.T, token string) {
		p, err := v.Token(t.Context(), token)
		switch {
		case err == nil && p.Subject() != "alice" && (p.Subject() != "anon:"+visitorID || p.ConversationID != conversationID):
			t.Errorf("%q made %+v", token, p)
		case err != nil && p != (auth.Principal{}):
			t.Errorf("a principal came with %v", err)
		case err != nil && !errors.Is(err, auth.ErrBadToken) && !errors.Is(err, auth.ErrNoCredentials) &&
			!errors.Is(err, auth.ErrUnknownApplication) && !errors.Is(err, auth.ErrExpired):
			t.Errorf("an error of no kind: %v", err)
		}
	})
}

func TestTheAddressOfACallerIsBelievedFromOurGatewayOnly(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	via := func(secret string) string {
		token, err := signer(t, secret, "http", now).SignVia()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	vouched, err := signer(t, peerSecret, "http", now).Sign(auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for rule, c := range map[string]struct {
		md   metadata.MD
		want string
	}{
		"our gateway":                       {metadata.Pairs("x-forwarded-for", "203.0.113.7, 10.0.0.1", "x-palabre-via", via(peerSecret)), "203.0.113.7"},
		"our gateway, from IPv6":            {metadata.Pairs("x-forwarded-for", "2001:DB8::1", "x-palabre-via", via(peerSecret)), "2001:db8::1"},
		"our gateway, with rubbish":         {metadata.Pairs("x-forwarded-for", "rubbish", "x-palabre-via", via(peerSecret)), ""},
		"anybody":                           {metadata.Pairs("x-forwarded-for", "203.0.113.7"), ""},
		"the gateway of another deployment": {metadata.Pairs("x-forwarded-for", "203.0.113.7", "x-palabre-via", via("the secret of another deployment altogether")), ""},
		"a token that vouches for somebody": {metadata.Pairs("x-forwarded-for", "203.0.113.7", "x-palabre-via", vouched), ""},
		"nothing":                           {nil, ""},
	} {
		if got := v.CallerAddress(t.Context(), c.md); got != c.want {
			t.Errorf("%s says %q, want %q", rule, got, c.want)
		}
	}
	// It vouches for nobody.
	p, err := v.Metadata(t.Context(), metadata.Pairs("x-palabre-principal", via(peerSecret)))
	if err != nil {
		t.Fatal(err)
	}
	everybody := auth.Users | auth.Visitors | auth.Services | auth.Admins | auth.Peers
	wantError(t, auth.Policy{method: everybody}.Authorize(method, p, true), auth.ErrNotAllowed)
}
