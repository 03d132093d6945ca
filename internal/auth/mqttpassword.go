package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MQTTEpoch is how long a user is given the same MQTT password. It is worth something for one epoch more, so that whoever
// asks in time is never refused.
const MQTTEpoch = 7 * 24 * time.Hour

// MQTTPasswords makes the user names and passwords for a broker that cannot read tokens. Nothing of them is kept: who knows
// the deployment's secret makes the same again. So the service that hands them out and the gateway that tells the broker
// need not talk to each other. All methods may be called at once.
type MQTTPasswords struct{ key []byte }

// MQTTAccount names what a password is for: one user of one application, in one epoch.
type MQTTAccount struct {
	ApplicationID, Subject string
	Epoch                  int64
}

// NewMQTTPasswords makes an MQTTPasswords of the deployment's secret.
func NewMQTTPasswords(secret []byte) (*MQTTPasswords, error) {
	key, err := DeriveKey(secret, "mqtt password")
	if err != nil {
		return nil, fmt.Errorf("auth: mqtt passwords: %w", err)
	}
	return &MQTTPasswords{key}, nil
}

// Account answers the account that a user is given now. Epochs turn at another time for each user, so that a deployment's
// do not turn at once.
func (p *MQTTPasswords) Account(applicationID, subject string, now time.Time) MQTTAccount {
	a := MQTTAccount{ApplicationID: applicationID, Subject: subject}
	a.Epoch = (now.Unix() + p.shift(a)) / int64(MQTTEpoch/time.Second)
	return a
}

// Password answers the password of an account.
func (p *MQTTPasswords) Password(a MQTTAccount) string {
	return base64.RawURLEncoding.EncodeToString(p.sum("password", a.Username()))
}

// ExpiresAt is when an account ends: with the epoch after its own.
func (p *MQTTPasswords) ExpiresAt(a MQTTAccount) time.Time {
	return time.Unix((a.Epoch+2)*int64(MQTTEpoch/time.Second)-p.shift(a), 0).UTC()
}

// Fingerprint tells the passwords of one secret from those of another, and nothing of either.
func (p *MQTTPasswords) Fingerprint() string { return hex.EncodeToString(p.sum("fingerprint")[:8]) }

// shift is how many seconds before others the epochs of a user turn.
func (p *MQTTPasswords) shift(a MQTTAccount) int64 {
	n := binary.BigEndian.Uint32(p.sum("shift", a.ApplicationID, a.Subject))
	return int64(n) % int64(MQTTEpoch/time.Second)
}

func (p *MQTTPasswords) sum(words ...string) []byte {
	mac := hmac.New(sha256.New, p.key)
	_, _ = mac.Write([]byte(strings.Join(words, "\x00")))
	return mac.Sum(nil)
}

// Username is the account's name at the broker: {application}/{subject}/{epoch}. None of them has a slash of its own.
func (a MQTTAccount) Username() string {
	return a.ApplicationID + "/" + a.Subject + "/" + strconv.FormatInt(a.Epoch, 10)
}

// ParseMQTTAccount reads what Username wrote, and says whether it did.
func ParseMQTTAccount(username string) (MQTTAccount, bool) {
	parts := strings.Split(username, "/")
	if len(parts) != 3 {
		return MQTTAccount{}, false
	}
	epoch, err := strconv.ParseInt(parts[2], 10, 64)
	a := MQTTAccount{ApplicationID: parts[0], Subject: parts[1], Epoch: epoch}
	return a, err == nil && a.Username() == username
}
