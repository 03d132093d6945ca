// Package broker is the embedded MQTT broker: MQTT 3.1.1 and 5 over TCP, TLS, WebSocket and memory, for installations
// that run no broker of their own. It is mochi-mqtt behind our own guard and rules, and nothing outside this package
// knows that.
//
// It keeps no promise about durability: sessions and queued messages live in memory, and are dropped whenever keeping
// them would hurt others. The database is the queue; senders repeat until their ack and receivers sync on connecting.
//
// # Who may do what
//
// A client connects with its subject as username and its token as password. From then on it
//
//   - publishes on the uplinks of its own prefix and subject, and on {prefix}/message/send, which becomes its own
//     …/send: who speaks is always the authenticated user, whatever the payload says;
//   - subscribes to its own messages and acks (or …/user/{self}/+), to announcements unless it is a visitor, to the
//     conversations it takes part in, and to moderation verdicts when it is an admin, or
//     on a message that it sent.
//
// Everything else is refused, and so is everything whose check fails for whatever reason, a panic included. Deliveries
// are checked again one by one, so a membership that ended stops mattering at once; Revoke also clears what is queued.
// The gateway of this process has a Link, which is no connection and no MQTT, and is trusted. So is an MQTT client that comes
// through Dial with GatewayCredentials, which work nowhere else.
//
// # What a refused publish looks like
//
// A refused PUBLISH is never forwarded. MQTT 5 clients see a reason code in the PUBACK; to 3.1.1 clients, which cannot
// be told, it is acknowledged all the same. A refusal that a correct client may run into is also said on its …/acks:
// SENDER_MISMATCH, PAYLOAD_TOO_LARGE (a payload over 16 KiB) and retained uplinks (INVALID_ARGUMENT). A packet over
// 64 KiB or a QoS 2 publish closes the connection.
//
// A minute before a session's token expires, {"event":"token.expiring","at":"…"} is sent to it on …/acks, if it subscribed
// there. At the end comes {"event":"token.expired","at":"…"} and the connection is closed; other sessions of the user are
// left alone. All sessions of a visitor end who becomes a user or is erased, and those of a user for whom End is called,
// with {"event":"token.revoked","at":"…"}.
//
// # What an acknowledgement says
//
// The PUBACK of an uplink is passed on from the gateway, which gives it to what is committed, or refused for good: see
// uplinks. What clients publish does not go through mochi, nor do deliveries: see deliver.
//
// # What the guard is for
//
// The reasons are properties of mochi 2.7.9, and the tests of this package have most of them as cases:
//
//   - a truncated MQTT 5 SUBSCRIBE panics: recovered in establish, tidied up in settle;
//   - very deep filters freeze the topic index: the rules accept a closed list of short ones;
//   - a reader that stalls blocks those who publish to it: conn never blocks a write;
//   - a PUBLISH is acknowledged and then dropped when a queue is full: uplinks and deliver have none;
//   - a takeover may lose the new session: sessions.admit waits for the end of the old connection;
//   - flow control for MQTT 5 may deadlock: it is switched off, and withinReceiveMaximum does it;
//   - packet ids of both directions share a table: see takeID;
//   - queued messages are sent on resuming without asking again: purged in begin and by Revoke.
package broker
