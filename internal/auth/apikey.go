package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
)

// apiKey is the key of an application's back end, as a digest.
type apiKey struct {
	digest      digest
	application string
}

// APIKey answers the service that an API key belongs to; the key alone says of which application. It takes as long for a
// wrong key as for a right one. Errors: ErrNoCredentials, ErrBadAPIKey.
func (v *Verifier) APIKey(key string) (Principal, error) {
	if key == "" {
		return Principal{}, ErrNoCredentials
	}
	given := sha256.Sum256([]byte(key))
	owner := -1
	for i := range v.apiKeys {
		if subtle.ConstantTimeCompare(given[:], v.apiKeys[i].digest[:]) == 1 {
			owner = i
		}
	}
	if owner < 0 {
		return Principal{}, ErrBadAPIKey
	}
	return Principal{ApplicationID: v.apiKeys[owner].application, Kind: KindService}, nil
}

// serviceActingFor answers the service that an API key belongs to, acting for a user where one is given.
// Errors: those of APIKey, ErrBadUserID.
func (v *Verifier) serviceActingFor(key, userID string) (Principal, error) {
	p, err := v.APIKey(key)
	if err != nil || userID == "" {
		return p, err
	}
	if !ValidUserID(userID) {
		return Principal{}, fmt.Errorf("%w: %s is %.80q", ErrBadUserID, MetadataUser, userID)
	}
	p.UserID = userID
	return p, nil
}
