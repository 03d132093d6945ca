// Package access says who may use which MQTT topic: the one list by which the embedded broker judges, and by which brokers
// are answered that ask Palabre over HTTP (gateway/brokerauth).
//
// What is not on the list is refused, and so are wildcards but for {prefix}/user/{self}/+. The package decides by what it is
// given and asks nobody; where membership counts, the caller's function is asked.
package access
