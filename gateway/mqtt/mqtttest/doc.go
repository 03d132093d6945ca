// Package mqtttest says what the MQTT edge has to do on every broker, as scenarios over the wire: real MQTT clients, a
// broker, a gateway and a ChatService on a database, each a process or a server of its own where the set-up has it so.
//
// Run tells the scenarios one by one, Torture has people write while everything between them is broken over and over. Both
// take a Setup: how to get at the parts of a running Palabre, what the broker can do, and how to harm it. The set-ups are
// in setups_test.go, where a broker more is a row more.
//
// It is not about how the gateway is made; gateway/mqtt has tests of that. It knows nothing of ours but the protos, and a
// Device follows the contract as the documentation tells clients to.
package mqtttest
