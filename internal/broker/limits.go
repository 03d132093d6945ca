package broker

import (
	"fmt"
	"time"
)

// Limits bound what clients may use. A zero takes the default that is named with each.
type Limits struct {
	// Connections is how many clients may be connected at once: 20,000.
	Connections int `yaml:"connections"`
	// ConnectionsPerIP is how many of them from one address: 1,000. Loopback addresses are not counted, because behind
	// a local proxy everybody has one.
	ConnectionsPerIP int `yaml:"connections_per_address"`
	// ConnectsPerIP is how many connections a second may come from one address, and ConnectsPerUser how many CONNECTs of one
	// user with a good token, ten times as many at once: 100 and 5. Loopback addresses are not counted.
	ConnectsPerIP   int `yaml:"connects_per_address"`
	ConnectsPerUser int `yaml:"connects_per_user"`
	// PublishesPerUser is how many messages a second a user may publish, and PublishesPerIP how many all clients of one
	// address, ten times as many at once: 500 and 5,000. Those who are faster are read from more slowly. Loopback
	// addresses are not counted.
	PublishesPerUser int `yaml:"publishes_per_user"`
	PublishesPerIP   int `yaml:"publishes_per_address"`
	// SessionsPerUser is how many devices a user may have connected: 16. As many sessions are kept in all, so beyond
	// it the oldest disconnected one is forgotten.
	SessionsPerUser int `yaml:"sessions_per_user"`
	// Takeovers is how many sessions in a row may be taken over by another connection with their client id, each within ten
	// seconds of its begin: 3. The next one keeps the id for a second, the one after it for two, up to a minute, and who
	// wants it meanwhile is refused.
	Takeovers int `yaml:"-"`
	// SubscriptionsPerSession is how many filters one session may hold: 1,000.
	SubscriptionsPerSession int `yaml:"subscriptions_per_session"`
	// Inflight is how many unacknowledged QoS 1 messages are kept for a session, connected or not: 1,000.
	Inflight int `yaml:"inflight"`
	// SessionExpiry is how long a disconnected session and its queued messages are kept at most: 7 days.
	SessionExpiry time.Duration `yaml:"session_expiry"`
	// ConnectTimeout is the time from accepting a connection to the end of its CONNECT, TLS handshake included: 5 s.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// WriteTimeout is how long a client may take nothing of what is sent to it: 20 s.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// WriteBuffer is how many bytes may wait to be taken by a client: 8 MiB. Beyond it the client is disconnected. At
	// least twice MaxDownlinkPacket.
	WriteBuffer int `yaml:"-"`
	// UplinkWait is how long a client may wait for room in the gateway, and is not read from meanwhile: 10 s. Beyond it the
	// client is disconnected without a PUBACK.
	UplinkWait time.Duration `yaml:"-"`
	// CheckTimeout bounds each call of the Authenticator and of Membership: 3 s.
	CheckTimeout time.Duration `yaml:"-"`
}

const (
	// mostOfAll bounds what is counted, far beyond what a machine serves.
	mostOfAll     = 10_000_000
	longestExpiry = 365 * 24 * time.Hour
	longestWait   = 5 * time.Minute
)

// Validate reports the first limit that cannot be, by its key in a configuration file. Zero is always a default.
func (l Limits) Validate() error {
	for _, count := range []struct {
		key         string
		value, most int
	}{
		{"connections", l.Connections, mostOfAll},
		{"connections_per_address", l.ConnectionsPerIP, mostOfAll},
		{"connects_per_address", l.ConnectsPerIP, mostOfAll},
		{"connects_per_user", l.ConnectsPerUser, mostOfAll},
		{"publishes_per_user", l.PublishesPerUser, mostOfAll},
		{"publishes_per_address", l.PublishesPerIP, mostOfAll},
		{"sessions_per_user", l.SessionsPerUser, mostOfAll},
		{"takeovers", l.Takeovers, mostOfAll},
		{"subscriptions_per_session", l.SubscriptionsPerSession, mostOfAll},
		{"inflight", l.Inflight, maxInflight},
	} {
		if count.value < 0 || count.value > count.most {
			return fmt.Errorf("%s: %d is not from 1 to %d", count.key, count.value, count.most)
		}
	}
	for _, wait := range []struct {
		key         string
		value, most time.Duration
	}{
		{"session_expiry", l.SessionExpiry, longestExpiry},
		{"connect_timeout", l.ConnectTimeout, longestWait},
		{"write_timeout", l.WriteTimeout, longestWait},
	} {
		if wait.value < 0 || wait.value > wait.most {
			return fmt.Errorf("%s: %v is not a time such as 10s, up to %v", wait.key, wait.value, wait.most)
		}
	}
	if l.WriteBuffer != 0 && l.WriteBuffer < 2*MaxDownlinkPacket {
		return fmt.Errorf("write_buffer: is less than %d bytes", 2*MaxDownlinkPacket)
	}
	return nil
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Connections, 20_000)
	setDefault(&l.ConnectionsPerIP, 1_000)
	setDefault(&l.ConnectsPerIP, 100)
	setDefault(&l.ConnectsPerUser, 5)
	setDefault(&l.PublishesPerUser, 500)
	setDefault(&l.PublishesPerIP, 5_000)
	setDefault(&l.SessionsPerUser, 16)
	setDefault(&l.Takeovers, 3)
	setDefault(&l.SubscriptionsPerSession, 1_000)
	setDefault(&l.Inflight, 1_000)
	setDefault(&l.SessionExpiry, 7*24*time.Hour)
	setDefault(&l.ConnectTimeout, 5*time.Second)
	setDefault(&l.WriteTimeout, 20*time.Second)
	setDefault(&l.WriteBuffer, 2*MaxDownlinkPacket)
	setDefault(&l.UplinkWait, 10*time.Second)
	setDefault(&l.CheckTimeout, 3*time.Second)
	return l
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
