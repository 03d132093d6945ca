// Package mqttgw is the MQTT gateway: it turns what clients publish into calls of the ChatService, and its events into
// publishes for clients. It is an MQTT client of the broker, or has a Link to the one in its own process, and a gRPC client of
// the service; it keeps nothing.
//
// # Up
//
// A PUBLISH comes in at uplink.go and waits in the lane of its sender, so that one sender's messages keep their order. It
// is decoded, the service is called in the sender's name, the answer is published on …/acks, and only then is the PUBLISH
// acknowledged to the broker: a crash anywhere before that makes the broker deliver it again, and the clientMessageId
// keeps it one message. A failure that will pass is waited for, with the PUBLISH unacknowledged. What can never succeed is
// answered and acknowledged, so that it does not come back.
//
// # Down
//
// The stream of events is read in downlink.go, and each event is published to everyone it is for, through the window of
// unacknowledged publishes in window.go. An event is done when the broker has acknowledged every publish of it; how far
// the events are done is told to the service now and then, and is where the stream resumes after a restart. What the
// broker had not acknowledged when a connection was lost is published again on the next one. So clients may get an event
// twice, under the same eventId, and never miss one while the broker keeps its part; for the rest they have `sync`.
//
// # Which of several
//
// Gateways of several processes at one broker share slots, see slots.go: one by default, so one is active and the others
// stand by. With more they share the uplinks, and the first publishes. A gateway whose broker is its own process's is an
// edge, one of as many as there are processes: each publishes to its own people, begins at the present, and passes on who
// types. See docs/adr/0011-slots-and-edges.md.
//
// # Who speaks
//
// The gateway believes the topic: {prefix}/user/{id}/… was published by {id}, which the embedded broker sees to, and an
// access control list does elsewhere. {prefix}/message/send says nothing of its sender, so it takes a token in the payload.
//
// # Membership
//
// Membership remembers who is in which conversation, for typing and for the embedded broker, which asks on every delivery
// to a conversation's topic. The downlink tells it of changes before it publishes the events that report them.
package mqttgw
