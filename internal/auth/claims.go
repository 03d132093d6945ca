package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what SignToken writes into a user's token.
type Claims struct {
	// UserID is the user (`sub`); required, see ValidUserID.
	UserID string
	// ApplicationID is the application whose secret signs (`app`); required.
	ApplicationID string
	// Role is the host's role id, EntityID the user's part of the host product, Name what it calls them. All may be empty.
	Role, EntityID, Name string
	// TokenID is the token's own id (`jti`); may be empty.
	TokenID string
	// ExpiresAt is the token's end (`exp`); required.
	ExpiresAt time.Time
}

// SignToken makes the HS256 token that a host product would give its user. Errors: ErrBadUserID, or the missing claim.
func SignToken(secret string, c Claims) (string, error) {
	switch {
	case secret == "":
		return "", errors.New("a token needs a secret")
	case !ValidUserID(c.UserID):
		return "", fmt.Errorf("%w: %.80q", ErrBadUserID, c.UserID)
	case c.ApplicationID == "":
		return "", errors.New("a token needs an application")
	case c.ExpiresAt.IsZero():
		return "", errors.New("a token needs an end")
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, tokenClaims{
		Subject:     text(c.UserID),
		Application: c.ApplicationID,
		Role:        text(c.Role),
		Entity:      text(c.EntityID),
		Name:        c.Name,
		ID:          c.TokenID,
		Expires:     jwt.NewNumericDate(c.ExpiresAt),
	}).SignedString([]byte(secret))
}

// tokenClaims are the claims of a user's token that Palabre reads.
type tokenClaims struct {
	Subject     text             `json:"sub"`
	Application string           `json:"app"`
	Role        text             `json:"role,omitempty"`
	Entity      text             `json:"entity,omitempty"`
	Name        string           `json:"name,omitempty"`
	ID          string           `json:"jti,omitempty"`
	Expires     *jwt.NumericDate `json:"exp"`
	NotBefore   *jwt.NumericDate `json:"nbf,omitempty"`
}

// principal answers whom the claims describe. It is called once their signature is verified.
func (c tokenClaims) principal(roles map[string]RoleKind) (Principal, error) {
	if !ValidUserID(string(c.Subject)) {
		return Principal{}, fmt.Errorf("%w: sub is %.80q", ErrBadToken, c.Subject)
	}
	p := Principal{
		ApplicationID: c.Application,
		Kind:          KindUser,
		UserID:        string(c.Subject),
		Name:          c.Name,
		Role:          string(c.Role),
		EntityID:      string(c.Entity),
		RoleKind:      RoleMember,
		TokenID:       c.ID,
		ExpiresAt:     c.Expires.Time,
	}
	if kind, listed := roles[p.Role]; listed {
		p.RoleKind = kind
	}
	return p, nil
}

// text is a claim that hosts write as a string or, when their ids are numbers, as a number.
type text string

// UnmarshalJSON takes a string or a number.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*t = text(n)
	return nil
}

// What jwt.Claims asks for. Issuer and audience are the host product's own business.

// GetExpirationTime answers `exp`.
func (c tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires, nil }

// GetNotBefore answers `nbf`.
func (c tokenClaims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore, nil }

// GetIssuedAt answers nothing: the time of issue decides nothing.
func (c tokenClaims) GetIssuedAt() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer answers nothing.
func (c tokenClaims) GetIssuer() (string, error) { return "", nil }

// GetSubject answers `sub`.
func (c tokenClaims) GetSubject() (string, error) { return string(c.Subject), nil }

// GetAudience answers nothing.
func (c tokenClaims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }
