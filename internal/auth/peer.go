package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// peerTokenLife is how long a peer token is good for. It is signed anew at half of it.
	peerTokenLife = 5 * time.Minute
	// peerCacheSize is how many principals a signer and a verifier remember, of about 1 kB each.
	peerCacheSize = 1 << 14
	// peerAudience keeps a peer token from being taken for anything else signed with the same secret.
	peerAudience = "palabre-peer"
)

// PeerSignerConfig is what a PeerSigner is made of.
type PeerSignerConfig struct {
	// Secret is the deployment's, the same as Config.PeerSecret of whoever verifies: at least 32 bytes.
	Secret []byte
	// Component is the name of the component that vouches, such as "mqtt".
	Component string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Validate names the field that cannot be used.
func (c PeerSignerConfig) Validate() error {
	switch {
	case len(c.Secret) < minPeerSecret:
		return fmt.Errorf("secret: has %d bytes, at least %d are needed", len(c.Secret), minPeerSecret)
	case c.Component == "":
		return errors.New("component: is required")
	}
	return nil
}

// PeerSigner makes the tokens by which a component vouches for those in whose name it calls others. A token is signed once
// for each principal and used for minutes. All methods may be called at once.
type PeerSigner struct {
	secret    []byte
	component string
	now       func() time.Time
	tokens    *cache[peerClaims, string]
}

// NewPeerSigner makes a PeerSigner.
func NewPeerSigner(c PeerSignerConfig) (*PeerSigner, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("auth: peer signer: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &PeerSigner{c.Secret, c.Component, c.Now, newCache[peerClaims, string](peerCacheSize)}, nil
}

// Sign answers a token that says: the component vouches for p, whoever vouched for it before.
func (s *PeerSigner) Sign(p Principal) (string, error) {
	now := s.now()
	claims := claimsOf(p)
	claims.Peer = s.component
	if token, ok := s.tokens.get(claims, now); ok {
		return token, nil
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, peerToken{
		RegisteredClaims: jwt.RegisteredClaims{
			Audience:  jwt.ClaimStrings{peerAudience},
			ExpiresAt: jwt.NewNumericDate(now.Add(peerTokenLife)),
		},
		Principal: claims,
	}).SignedString(s.secret)
	if err != nil {
		return "", fmt.Errorf("sign a peer token: %w", err)
	}
	s.tokens.put(claims, token, now.Add(peerTokenLife/2))
	return token, nil
}

// SignVia answers a token that says no more than: the component passes a call on. It makes nobody a caller.
func (s *PeerSigner) SignVia() (string, error) { return s.Sign(Principal{Kind: kindVia}) }

// peerToken is what a peer token says. Being ours alone, it need not look like a user's.
type peerToken struct {
	jwt.RegisteredClaims
	Principal peerClaims `json:"principal"`
}

// peerClaims is a Principal on the wire. Unlike a Principal it may be compared: times are whole seconds.
type peerClaims struct {
	ApplicationID string   `json:"app,omitempty"`
	Kind          Kind     `json:"kind"`
	UserID        string   `json:"user,omitempty"`
	Name          string   `json:"name,omitempty"`
	Role          string   `json:"role,omitempty"`
	EntityID      string   `json:"entity,omitempty"`
	RoleKind      RoleKind `json:"role_kind,omitempty"`
	Conversation  string   `json:"conv,omitempty"`
	Peer          string   `json:"peer"`
	TokenID       string   `json:"jti,omitempty"`
	ExpiresAt     int64    `json:"exp,omitempty"`
}

func claimsOf(p Principal) peerClaims {
	c := peerClaims{
		ApplicationID: p.ApplicationID,
		Kind:          p.Kind,
		UserID:        p.UserID,
		Name:          p.Name,
		Role:          p.Role,
		EntityID:      p.EntityID,
		RoleKind:      p.RoleKind,
		Conversation:  p.ConversationID,
		Peer:          p.Peer,
		TokenID:       p.TokenID,
	}
	if !p.ExpiresAt.IsZero() {
		c.ExpiresAt = p.ExpiresAt.Unix()
	}
	return c
}

func (c peerClaims) principal() Principal {
	p := Principal{
		ApplicationID:  c.ApplicationID,
		Kind:           c.Kind,
		UserID:         c.UserID,
		Name:           c.Name,
		Role:           c.Role,
		EntityID:       c.EntityID,
		RoleKind:       c.RoleKind,
		ConversationID: c.Conversation,
		Peer:           c.Peer,
		TokenID:        c.TokenID,
	}
	if c.ExpiresAt != 0 {
		p.ExpiresAt = time.Unix(c.ExpiresAt, 0)
	}
	return p
}

// peerVerifier verifies what PeerSigners of the same deployment sign.
type peerVerifier struct {
	secret []byte
	parser *jwt.Parser
	tokens *cache[digest, Principal]
	now    func() time.Time
}

func newPeerVerifier(secret []byte, now func() time.Time) *peerVerifier {
	return &peerVerifier{
		secret: secret,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{algHS256}),
			jwt.WithAudience(peerAudience),
			jwt.WithExpirationRequired(),
			jwt.WithLeeway(leeway),
			jwt.WithTimeFunc(now),
		),
		tokens: newCache[digest, Principal](peerCacheSize),
		now:    now,
	}
}

// verify answers whom a peer vouches for. Errors: ErrBadToken.
func (v *peerVerifier) verify(token string) (Principal, error) {
	switch {
	case len(v.secret) == 0:
		return Principal{}, fmt.Errorf("%w: this server has no peers", ErrBadToken)
	case len(token) > maxTokenLength:
		return Principal{}, fmt.Errorf("%w: it has %d bytes", ErrBadToken, len(token))
	}
	now := v.now()
	key := sha256.Sum256([]byte(token))
	if p, ok := v.tokens.get(key, now); ok {
		return p, nil
	}
	var claims peerToken
	if _, err := v.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return v.secret, nil }); err != nil {
		// Even an expired one is the components' fault, not the caller's: a new token from the host would not help.
		return Principal{}, fmt.Errorf("%w: from a peer: %w", ErrBadToken, err)
	}
	p := claims.Principal.principal()
	if p.Peer == "" || p.Kind == "" {
		return Principal{}, fmt.Errorf("%w: from a peer without a name", ErrBadToken)
	}
	v.tokens.put(key, p, earlier(now.Add(cacheFor), claims.ExpiresAt.Add(leeway)))
	return p, nil
}
