package mqtttest

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Setup is a running Palabre whose MQTT clients come to one broker. Its topics begin with "chat".
type Setup struct {
	// Name is what the broker is called in a report.
	Name string
	// URL is where devices connect, TLS how they trust it; nil when it has no TLS.
	URL string
	TLS *tls.Config
	// Account is the name that a user connects with; nil where it is the user's id.
	Account func(user string) string
	// Password is what a user connects with, Token what proves them in a payload.
	Password, Token func(t testing.TB, user string) string
	// Chat is the ChatService, reached past everything that Faults breaks; As makes a call one of a user's.
	Chat chatv1.ChatServiceClient
	As   func(t testing.TB, user string) context.Context
	// Metric is the sum of the gateway's values of a metric, of those with a label of this value unless that is "".
	Metric func(t testing.TB, name, label string) float64

	Broker Capabilities
	Faults Faults
}

// Capabilities are where brokers differ, and people may notice.
type Capabilities struct {
	// ChecksMembership says that only members hear what is on a conversation's topics, so that they are used.
	ChecksMembership bool
	// BindsSender says that {prefix}/message/send is rewritten to the topic of the user who is connected. Where it is not,
	// a token in the payload proves them.
	BindsSender bool
	// SeesConnections says that presence is known from connections. Where it is not, clients say that they are there.
	SeesConnections bool
	// RefusesFilters says that a SUBSCRIBE to what is another's is answered 0x80. Where it is not, it is granted and nothing
	// comes.
	RefusesFilters bool
	// TakesQoS2 says that a message of QoS 2 is taken. Where it is not, it ends the connection.
	TakesQoS2 bool
	// KeepsRetained says that a retained message may get to the gateway.
	KeepsRetained bool
	// SettlesBeforePuback says that a client's PUBACK comes when the gateway has settled what was published, and not when the
	// broker has it.
	SettlesBeforePuback bool
	// Unacknowledged is how many uplinks the broker hands the gateway before it waits for acknowledgements; 0 when too many
	// for a test.
	Unacknowledged int
	// SubscribeQoS is what devices subscribe at: 1, or 0 where subscriptions of QoS 1 cost too much.
	SubscribeQoS byte
}

// Faults are how to harm the parts of a Setup. They are used from the test's goroutine only.
type Faults struct {
	// Gateways are processes that may be killed. The first one works, the others stand by.
	Gateways []Process
	// Broker may be killed; nil when it lives in the gateway's process.
	Broker Process
	// ToService is the network from the gateways to the services, ToBroker that to the broker; nil when there is none.
	ToService, ToBroker Network
}

// Process is a server, or Palabre.
type Process interface {
	// Kill ends it at once; Start starts it again, and returns when it is ready.
	Kill()
	Start()
}

// Network is between two processes.
type Network interface {
	// Cut ends all connections and refuses new ones.
	Cut()
	// BlackHole swallows everything and tells nobody.
	BlackHole()
	// Slow delays what either side sends.
	Slow(delay time.Duration)
	// Heal lets everything pass again.
	Heal()
}

// patience is how long a scenario waits for what has to come. Nothing waits it out when all is well.
const patience = 20 * time.Second
