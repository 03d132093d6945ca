package brokerauth

import (
	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/internal/auth"
)

// question is what a broker asks, whatever its dialect.
type question struct {
	username, clientID string
	// mountpoint is where the client's session is among VerneMQ's.
	mountpoint string
	// password is a CONNECT's; brokers that can tell it again with each use of a topic.
	password string
	// address is the client's, where the broker tells it.
	address string
	// application is the one that the client belongs to, where the broker knows. told says that it does.
	application string
	told        bool
	// moderator says that the client was found to be one when it connected, where the broker remembers.
	moderator bool
	// uses are what the client wants to do. Without any, it wants to connect.
	uses []use
}

// connects says that the question is about a CONNECT.
func (q question) connects() bool { return len(q.uses) == 0 }

// use is something that a client wants to do with a topic.
type use struct {
	action action
	topic  string
	qos    int // 0 where the broker does not tell
	retain bool
}

type action uint8

const (
	publish action = iota + 1
	subscribe
	// receive is what brokers ask that check each delivery.
	receive
	unsubscribe
)

// verdict is what a question is answered.
type verdict struct {
	outcome outcome
	// uses says of each of the question's uses whether it is granted. The outcome is granted when all are.
	uses []bool

	// Of a CONNECT that is granted: the gateway's, with the prefixes under which it may do everything,
	gateway  bool
	prefixes []string
	// or a client's.
	client      access.Client
	application string
	principal   auth.Principal
}

func (v verdict) granted() bool { return v.outcome == granted }

// outcome is how a question ended, in one word for metrics.
type outcome string

const (
	granted outcome = "granted"
	refused outcome = "refused"
	// limited is a refusal without a look, after too many.
	limited outcome = "limited"
	// unknown says that nothing could be found out. It is answered as a refusal that may pass.
	unknown outcome = "unknown"
	// unclear says that it was no question.
	unclear outcome = "unclear"
)
