package mqtttest

import (
	"context"
	"time"
)

// outage is how long a network of a torture stays broken.
const outage = time.Second

// harm is one way to break something; it is over, and everything in its place again, when do returns.
type harm struct {
	name string
	do   func(context.Context)
}

// brokerKilled is what a harm is called that ends the broker.
const brokerKilled = "broker killed"

// harms are the ways to break a set-up, in the order in which a torture goes round them: between two others, a gateway is
// killed.
func (f Faults) harms() []harm {
	killed := 0
	kill := harm{"gateway killed", func(context.Context) {
		// With one standing by, the one that works is the one that was not killed last.
		gateway := f.Gateways[killed%len(f.Gateways)]
		killed++
		gateway.Kill()
		gateway.Start()
	}}
	all := []harm{kill}
	if f.ToService != nil {
		all = append(all,
			harm{"network to the services cut", during(f.ToService, Network.Cut)}, kill,
			harm{"network to the services silent", during(f.ToService, Network.BlackHole)}, kill)
	}
	if f.ToBroker != nil {
		all = append(all,
			harm{"network to the broker cut", during(f.ToBroker, Network.Cut)}, kill,
			harm{"network to the broker silent", during(f.ToBroker, Network.BlackHole)}, kill)
	}
	return all
}

// during breaks a network for a while.
func during(n Network, breaks func(Network)) func(context.Context) {
	return func(ctx context.Context) {
		breaks(n)
		pause(ctx, outage)
		n.Heal()
	}
}

// restart is what ends the broker, wherever it lives.
func (f Faults) restart() harm {
	broker := f.Broker
	if broker == nil {
		broker = f.Gateways[0]
	}
	return harm{brokerKilled, func(context.Context) {
		broker.Kill()
		broker.Start()
	}}
}
