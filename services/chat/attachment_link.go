package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/palabre/palabre/internal/auth"
)

// linkTime is how long a link to a file is good: long enough for a page to show it, too short to be passed around.
const linkTime = 15 * time.Minute

// What a link can be besides good. They are sentinels and no statuses, because a status of such a code that a handler has is
// another service's word on this one.
var (
	errCredentialsMissing = errors.New("neither credentials nor a link")
	errLinkInvalid        = errors.New("the link is none that this server gave")
	errLinkExpired        = errors.New("the time of the link is over")
)

// linkClaims are what a link's token says: to whom it was issued, for which file, until when. What they may see is asked when
// it is used.
type linkClaims struct {
	AttachmentID   string        `json:"att"`
	ApplicationID  string        `json:"app"`
	Kind           auth.Kind     `json:"kind"`
	UserID         string        `json:"sub,omitempty"`
	RoleKind       auth.RoleKind `json:"role,omitempty"`
	ConversationID string        `json:"conv,omitempty"`
	ExpiresAt      int64         `json:"exp"` // in seconds since 1970
}

// linkToken is the claims and their signature.
func (s *Service) linkToken(p auth.Principal, id string, until time.Time) (string, error) {
	claims, err := json.Marshal(linkClaims{
		AttachmentID:   id,
		ApplicationID:  p.ApplicationID,
		Kind:           p.Kind,
		UserID:         p.UserID,
		RoleKind:       p.RoleKind,
		ConversationID: p.ConversationID,
		ExpiresAt:      until.Unix(),
	})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + s.signLink(text), nil
}

func (s *Service) signLink(text string) string {
	sum := hmac.New(sha256.New, s.linkKey)
	_, _ = sum.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// linkHolder answers whom a link to a file was issued to. Errors: errLinkInvalid, errLinkExpired.
func (s *Service) linkHolder(token, id string) (auth.Principal, error) {
	text, signature, _ := strings.Cut(token, ".")
	if !hmac.Equal([]byte(signature), []byte(s.signLink(text))) {
		return auth.Principal{}, errLinkInvalid
	}
	var claims linkClaims
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(plain, &claims) != nil || !strings.EqualFold(claims.AttachmentID, id) {
		return auth.Principal{}, errLinkInvalid
	}
	if s.now().Unix() >= claims.ExpiresAt {
		return auth.Principal{}, errLinkExpired
	}
	return auth.Principal{
		ApplicationID:  claims.ApplicationID,
		Kind:           claims.Kind,
		UserID:         claims.UserID,
		RoleKind:       claims.RoleKind,
		ConversationID: claims.ConversationID,
	}, nil
}
