package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// leeway is how far the host's clock and ours may differ.
	leeway = 10 * time.Second
	// cacheFor bounds how long a verified token is taken for good, so that a key taken out of use is out of use soon.
	cacheFor = time.Minute
	// cacheSize is how many verified tokens are kept, of about 0.5 kB each.
	cacheSize = 1 << 15
	// maxTokenLength is the longest token looked at, in bytes. gRPC carries no more in a header by default.
	maxTokenLength = 8 << 10
)

// Verifier turns credentials into principals. All methods may be called at once. Close ends its background work.
type Verifier struct {
	applications map[string]*application
	apiKeys      []apiKey
	peers        *peerVerifier
	visitors     *VisitorTokens // nil without a secret of the deployment
	parser       *jwt.Parser
	tokens       *cache[digest, Principal]
	now          func() time.Time
	stop         func()
}

// digest is the SHA-256 of a credential. Credentials themselves are not kept.
type digest = [sha256.Size]byte

// application is what verifies the tokens of one application.
type application struct {
	id     string
	secret []byte
	public []publicKey
	jwks   *jwks // nil when the application publishes none
	roles  map[string]RoleKind
}

// NewVerifier makes a Verifier. JWKS documents are fetched in the background: one that is out of reach stops nothing but
// the tokens that need it.
func NewVerifier(c Config) (*Verifier, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	c = c.withDefaults()
	v := &Verifier{
		applications: make(map[string]*application, len(c.Applications)),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{algHS256, algRS256, algES256, algEdDSA}),
			jwt.WithExpirationRequired(),
			jwt.WithLeeway(leeway),
			jwt.WithTimeFunc(c.Now),
		),
		peers:  newPeerVerifier(c.PeerSecret, c.Now),
		tokens: newCache[digest, Principal](cacheSize),
		now:    c.Now,
	}
	if len(c.PeerSecret) > 0 {
		var err error
		if v.visitors, err = NewVisitorTokens(c.PeerSecret, c.Now); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var background sync.WaitGroup
	v.stop = func() {
		cancel()
		background.Wait()
		c.HTTPClient.CloseIdleConnections()
	}
	for id, a := range c.Applications {
		app, err := newApplication(id, a)
		if err != nil {
			v.stop()
			return nil, fmt.Errorf("auth: %w", err)
		}
		if a.JWKSURL != "" {
			app.jwks = newJWKS(a.JWKSURL, c.HTTPClient, c.Logger.With("application", id))
			background.Go(func() { app.jwks.run(ctx) })
		}
		v.applications[id] = app
		for _, key := range a.APIKeys {
			v.apiKeys = append(v.apiKeys, apiKey{sha256.Sum256([]byte(key)), id})
		}
	}
	return v, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	return c
}

func newApplication(id string, c ApplicationConfig) (*application, error) {
	a := &application{id: id, secret: []byte(c.JWTSecret), roles: c.Roles}
	for _, text := range c.PublicKeys {
		key, err := parsePublicKey(text)
		if err != nil {
			return nil, err
		}
		a.public = append(a.public, key)
	}
	return a, nil
}

// Close ends the background work. Tokens whose keys are known are still verified.
func (v *Verifier) Close() { v.stop() }

// Token verifies a user's JWT, or a visitor's. Its `app` names the application, whose keys decide which algorithms it may
// be signed with; `sub` and `exp` are required. A visitor's token says so itself (`"kind": "visitor"`), and is verified with
// the deployment's key alone. A verified token is remembered until it ends, for a minute at most.
// Errors: ErrNoCredentials, ErrBadToken, ErrExpired, ErrUnknownApplication, ErrKeysUnavailable.
func (v *Verifier) Token(ctx context.Context, token string) (Principal, error) {
	switch {
	case token == "":
		return Principal{}, ErrNoCredentials
	case len(token) > maxTokenLength:
		return Principal{}, fmt.Errorf("%w: it has %d bytes", ErrBadToken, len(token))
	}
	now := v.now()
	key := sha256.Sum256([]byte(token))
	if p, ok := v.tokens.get(key, now); ok {
		return p, nil
	}
	p, err := v.verify(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	v.tokens.put(key, p, earlier(now.Add(cacheFor), p.ExpiresAt.Add(leeway)))
	return p, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (Principal, error) {
	if saysVisitor(token) {
		return v.visitor(token)
	}
	var claims tokenClaims
	var app *application
	_, err := v.parser.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		var known bool
		if app, known = v.applications[claims.Application]; !known {
			return nil, fmt.Errorf("%w: %.80q", ErrUnknownApplication, claims.Application)
		}
		return app.keys(ctx, t)
	})
	if err != nil {
		return Principal{}, tokenError(err)
	}
	return claims.principal(app.roles)
}

// visitor verifies the token of a visitor to one of the applications.
func (v *Verifier) visitor(token string) (Principal, error) {
	if v.visitors == nil {
		return Principal{}, fmt.Errorf("%w: this server has no visitors", ErrBadToken)
	}
	p, err := v.visitors.Verify(token)
	if err != nil {
		return Principal{}, err
	}
	if _, known := v.applications[p.ApplicationID]; !known {
		return Principal{}, fmt.Errorf("%w: %.80q", ErrUnknownApplication, p.ApplicationID)
	}
	return p, nil
}

// keys answers what may verify the token: only keys of the algorithm it says it was signed with, so that nobody can pass a
// public key off as a shared secret.
func (a *application) keys(ctx context.Context, t *jwt.Token) (any, error) {
	alg := t.Method.Alg()
	if alg == algHS256 {
		if len(a.secret) == 0 {
			return nil, fmt.Errorf("%w: %s has no secret", ErrBadToken, a.id)
		}
		return a.secret, nil
	}
	var set jwt.VerificationKeySet
	for _, k := range a.public {
		if k.alg == alg {
			set.Keys = append(set.Keys, k.key)
		}
	}
	if a.jwks != nil {
		published, err := a.jwks.keys(ctx, t)
		if err != nil && len(set.Keys) == 0 {
			return nil, err
		}
		set.Keys = append(set.Keys, published...)
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("%w: %s has no key for %s", ErrBadToken, a.id, alg)
	}
	return set, nil
}

// tokenError says with this package's errors what the parser found.
func tokenError(err error) error {
	for _, ours := range []error{ErrUnknownApplication, ErrKeysUnavailable, ErrBadToken} {
		if errors.Is(err, ours) {
			return err
		}
	}
	// The parser looks at the end of a token only once its signature is good.
	if errors.Is(err, jwt.ErrTokenExpired) {
		return ErrExpired
	}
	return fmt.Errorf("%w: %w", ErrBadToken, err)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
