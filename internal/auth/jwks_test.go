package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/palabre/palabre/internal/auth"
)

// publisher is a host product that publishes its keys.
type publisher struct {
	*httptest.Server
	document atomic.Pointer[[]byte] // nil while it is down
	asked    chan struct{}
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{asked: make(chan struct{}, 100)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked <- struct{}{}
		document := p.document.Load()
		if document == nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Write(*document)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) publish(t *testing.T, keys map[string]*ecdsa.PrivateKey) {
	t.Helper()
	var set []map[string]string
	for id, key := range keys {
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			t.Fatal(err)
		}
		text := base64.RawURLEncoding.EncodeToString
		set = append(set, map[string]string{"kty": "EC", "crv": "P-256", "kid": id, "x": text(point[1:33]), "y": text(point[33:])})
	}
	document, err := json.Marshal(map[string]any{"keys": set})
	if err != nil {
		t.Fatal(err)
	}
	p.document.Store(&document)
}

func (p *publisher) verifier(t *testing.T, publicKeys ...string) *auth.Verifier {
	t.Helper()
	return newVerifier(t, auth.Config{
		Applications: map[string]auth.ApplicationConfig{"geosector": {JWKSURL: p.URL, PublicKeys: publicKeys}},
		Now:          (&clock{noon}).now,
		Logger:       slog.New(slog.DiscardHandler),
	})
}

// eventually verifies a token until its application's keys are there.
func eventually(t *testing.T, v *auth.Verifier, token string) error {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		_, err := v.Token(ctx, token)
		if !errors.Is(err, auth.ErrKeysUnavailable) || ctx.Err() != nil {
			return err
		}
		<-tick.C
	}
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func withKeyID(t *testing.T, key *ecdsa.PrivateKey, id string) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, alice(nil))
	if id != "" {
		token.Header["kid"] = id
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAPublishedKeyVerifies(t *testing.T) {
	first, second, stranger := ecKey(t), ecKey(t), ecKey(t)
	p := newPublisher(t)
	p.publish(t, map[string]*ecdsa.PrivateKey{"1": first, "2": second})
	v := p.verifier(t)
	wantError(t, eventually(t, v, withKeyID(t, first, "1")), nil)
	wantError(t, eventually(t, v, withKeyID(t, second, "2")), nil)
	wantError(t, eventually(t, v, withKeyID(t, second, "")), nil)
	wantError(t, eventually(t, v, withKeyID(t, second, "1")), auth.ErrBadToken)
	wantError(t, eventually(t, v, withKeyID(t, stranger, "")), auth.ErrBadToken)
}

func TestANewKeyIsFetchedWhenATokenNamesIt(t *testing.T) {
	first, second := ecKey(t), ecKey(t)
	p := newPublisher(t)
	p.publish(t, map[string]*ecdsa.PrivateKey{"1": first})
	v := p.verifier(t)
	wantError(t, eventually(t, v, withKeyID(t, first, "1")), nil)
	p.publish(t, map[string]*ecdsa.PrivateKey{"2": second})
	_, err := v.Token(t.Context(), withKeyID(t, second, "2"))
	wantError(t, err, nil)
	// Once more it is not fetched so soon, and nothing can be said of yet another key.
	_, err = v.Token(t.Context(), withKeyID(t, first, "3"))
	wantError(t, err, auth.ErrKeysUnavailable)
}

func TestAKeyThatIsNotPublishedIsBad(t *testing.T) {
	p := newPublisher(t)
	first := ecKey(t)
	p.publish(t, map[string]*ecdsa.PrivateKey{"1": first})
	v := p.verifier(t)
	wantError(t, eventually(t, v, withKeyID(t, first, "1")), nil)
	_, err := v.Token(t.Context(), withKeyID(t, first, "2"))
	wantError(t, err, auth.ErrBadToken)
}

func TestAPublisherThatIsDownStopsOnlyItsOwnTokens(t *testing.T) {
	p := newPublisher(t)
	key, configured := ecKey(t), ecKey(t)
	v := p.verifier(t, publicPEM(t, configured))
	<-p.asked
	_, err := v.Token(t.Context(), withKeyID(t, configured, ""))
	wantError(t, err, nil)

	alone := p.verifier(t)
	_, err = alone.Token(t.Context(), withKeyID(t, key, "1"))
	wantError(t, err, auth.ErrKeysUnavailable)
	p.publish(t, map[string]*ecdsa.PrivateKey{"1": key})
	wantError(t, eventually(t, alone, withKeyID(t, key, "1")), nil)
}

func TestKeysThatWereHadAreUsedWhileThePublisherIsDown(t *testing.T) {
	p := newPublisher(t)
	key := ecKey(t)
	p.publish(t, map[string]*ecdsa.PrivateKey{"1": key})
	v := p.verifier(t)
	wantError(t, eventually(t, v, withKeyID(t, key, "1")), nil)
	p.document.Store(nil)
	_, err := v.Token(t.Context(), withKeyID(t, key, "2"))
	wantError(t, err, auth.ErrKeysUnavailable)
	_, err = v.Token(t.Context(), withKeyID(t, key, "1"))
	wantError(t, err, nil)
}
