package auth_test

import (
	"testing"
	"time"

	"github.com/palabre/palabre/internal/auth"
)

func mqttPasswords(t *testing.T, secret string) *auth.MQTTPasswords {
	t.Helper()
	p, err := auth.NewMQTTPasswords([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const mqttSecret = "a-secret-of-the-deployment-0123456789"

func TestAnMQTTPasswordLastsForItsEpochAndTheNext(t *testing.T) {
	p, now := mqttPasswords(t, mqttSecret), time.Unix(1_800_000_000, 0)
	first := p.Account("geosector", "alice", now)
	end := p.ExpiresAt(first)
	if left := end.Sub(now); left <= auth.MQTTEpoch || left > 2*auth.MQTTEpoch {
		t.Errorf("it lasts for %v", left)
	}
	if again := p.Account("geosector", "alice", end.Add(-auth.MQTTEpoch-time.Second)); again != first {
		t.Errorf("in the same epoch it is %v, then %v", first, again)
	}
	next := p.Account("geosector", "alice", end.Add(-auth.MQTTEpoch))
	if next.Epoch != first.Epoch+1 || p.Password(next) == p.Password(first) {
		t.Errorf("in the next epoch it is %v after %v", next, first)
	}
}

func TestAnMQTTPasswordIsOneUsersAndOneSecrets(t *testing.T) {
	p, other := mqttPasswords(t, mqttSecret), mqttPasswords(t, mqttSecret+"x")
	seen := map[string]bool{}
	for _, a := range []auth.MQTTAccount{
		{"geosector", "alice", 1}, {"geosector", "alice", 2}, {"geosector", "bob", 1}, {"resalice", "alice", 1},
	} {
		for _, password := range []string{p.Password(a), other.Password(a)} {
			if seen[password] || len(password) < 40 {
				t.Errorf("%q of %v is short, or that of another", password, a)
			}
			seen[password] = true
		}
	}
	if p.Fingerprint() == other.Fingerprint() || p.Fingerprint() != mqttPasswords(t, mqttSecret).Fingerprint() {
		t.Error("the fingerprint does not tell secrets apart")
	}
	if _, err := auth.NewMQTTPasswords([]byte("short")); err == nil {
		t.Error("a short secret is taken")
	}
}

func TestTheEpochsOfUsersTurnAtDifferentTimes(t *testing.T) {
	p, now := mqttPasswords(t, mqttSecret), time.Unix(1_800_000_000, 0)
	ends := map[time.Time]bool{}
	for _, user := range []string{"alice", "bob", "carol", "dave"} {
		ends[p.ExpiresAt(p.Account("geosector", user, now))] = true
	}
	if len(ends) != 4 {
		t.Errorf("four users' accounts end at %v", ends)
	}
}

func TestTheNameOfAnMQTTAccountIsReadAgain(t *testing.T) {
	for _, a := range []auth.MQTTAccount{{"geosector", "alice", 2976}, {"a", "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10", 0}} {
		if got, ok := auth.ParseMQTTAccount(a.Username()); !ok || got != a {
			t.Errorf("%q is read as %v, %v", a.Username(), got, ok)
		}
	}
	for _, name := range []string{"", "palabre.gateway", "a/b", "a/b/c", "a/b/1/d", "a/b/01", "a/b/1 "} {
		if got, ok := auth.ParseMQTTAccount(name); ok {
			t.Errorf("%q is read as %v", name, got)
		}
	}
}
