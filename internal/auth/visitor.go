package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// What a visitor's token says besides what a user's does. The audience keeps it from being taken for anything else.
const (
	kindVisitor     = "visitor"
	visitorAudience = "palabre-visitor"
)

// keySize is that of the keys derived from the deployment's secret: as long as HS256's output.
const keySize = 32

// DeriveKey makes a key for one purpose of the deployment's secret. Who has it knows nothing of the secret, nor of the keys
// for other purposes. The secret has at least 32 bytes.
func DeriveKey(secret []byte, purpose string) ([]byte, error) {
	if len(secret) < minPeerSecret {
		return nil, fmt.Errorf("secret: has %d bytes, at least %d are needed", len(secret), minPeerSecret)
	}
	return hkdf.Key(sha256.New, secret, nil, "palabre "+purpose, keySize)
}

// VisitorClaims are what a visitor's token says.
type VisitorClaims struct {
	// AnonymousID is the anonymous user (`sub`), ConversationID the one conversation they take part in (`conv`): UUIDs.
	AnonymousID, ConversationID string
	// ApplicationID is the application they visit (`app`); required.
	ApplicationID string
	// Name is what they call themself; may be empty.
	Name string
	// ExpiresAt is the token's end (`exp`); required.
	ExpiresAt time.Time
}

// Validate names the claim that cannot be.
func (c VisitorClaims) Validate() error {
	switch {
	case uuid.Validate(c.AnonymousID) != nil:
		return fmt.Errorf("sub: %.80q is no anonymous user's id", c.AnonymousID)
	case uuid.Validate(c.ConversationID) != nil:
		return fmt.Errorf("conv: %.80q is no conversation's id", c.ConversationID)
	case c.ApplicationID == "":
		return errors.New("app: is required")
	case c.ExpiresAt.IsZero():
		return errors.New("exp: is required")
	}
	return nil
}

// VisitorTokens makes the tokens of visitors, and verifies them. The key is the deployment's own, so no application can
// make one, and none is good for an application's users. All methods may be called at once.
type VisitorTokens struct {
	key    []byte
	parser *jwt.Parser
}

// NewVisitorTokens makes a VisitorTokens of the deployment's secret, Config.PeerSecret. The clock is time.Now when nil.
func NewVisitorTokens(secret []byte, now func() time.Time) (*VisitorTokens, error) {
	key, err := DeriveKey(secret, "visitor token")
	if err != nil {
		return nil, fmt.Errorf("auth: visitor tokens: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	return &VisitorTokens{key: key, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{algHS256}),
		jwt.WithAudience(visitorAudience),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
	)}, nil
}

// Sign makes a visitor's token. Errors: the claim that cannot be.
func (t *VisitorTokens) Sign(c VisitorClaims) (string, error) {
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("sign a visitor's token: %w", err)
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, visitorToken{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   c.AnonymousID,
			Audience:  jwt.ClaimStrings{visitorAudience},
			ExpiresAt: jwt.NewNumericDate(c.ExpiresAt),
			ID:        uuid.NewString(),
		},
		Kind:         kindVisitor,
		Application:  c.ApplicationID,
		Conversation: c.ConversationID,
		Name:         c.Name,
	}).SignedString(t.key)
}

// Verify answers the visitor that a token was made for. Errors: ErrBadToken, ErrExpired.
func (t *VisitorTokens) Verify(token string) (Principal, error) {
	if len(token) > maxTokenLength {
		return Principal{}, fmt.Errorf("%w: it has %d bytes", ErrBadToken, len(token))
	}
	var claims visitorToken
	if _, err := t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil }); err != nil {
		return Principal{}, tokenError(err)
	}
	return claims.principal()
}

// visitorToken is a visitor's token on the wire.
type visitorToken struct {
	jwt.RegisteredClaims
	Kind         string `json:"kind"`
	Application  string `json:"app"`
	Conversation string `json:"conv"`
	Name         string `json:"name,omitempty"`
}

// principal answers whom the claims describe. It is called once their signature is verified.
func (c visitorToken) principal() (Principal, error) {
	claims := VisitorClaims{
		AnonymousID:    c.Subject,
		ConversationID: c.Conversation,
		ApplicationID:  c.Application,
		ExpiresAt:      c.ExpiresAt.Time,
	}
	if err := claims.Validate(); err != nil {
		return Principal{}, fmt.Errorf("%w: of a visitor: %w", ErrBadToken, err)
	}
	return Principal{
		ApplicationID:  c.Application,
		Kind:           KindVisitor,
		UserID:         c.Subject,
		Name:           c.Name,
		ConversationID: c.Conversation,
		TokenID:        c.ID,
		ExpiresAt:      c.ExpiresAt.Time,
	}, nil
}

// saysVisitor reports whether a token says that it is a visitor's. Nothing is verified: it decides by whose key the token
// has to be signed, and a token that says so without being one is good for nobody.
func saysVisitor(token string) bool {
	var claims visitorToken
	_, _, err := jwt.NewParser().ParseUnverified(token, &claims)
	return err == nil && claims.Kind == kindVisitor
}
