// Package brokerauth answers MQTT brokers that others run and that ask over HTTP: may this client connect, may it use this
// topic. It is what the embedded broker does by its hooks, for EMQX, VerneMQ, NanoMQ and Mosquitto with mosquitto-go-auth.
//
// A broker shows Config.Secret with each question. Who asks is told by the question itself: each dialect is a type of its own,
// in a file of its own, which turns a request into a question and a verdict into an answer. Between the two the dialects
// do not matter:
//
//   - connecting: the password is a token that auth.Verifier takes, and the username whom it names; or both are those of the
//     gateway's account, which may use everything under the topic prefixes and nothing else;
//   - using a topic: gateway/mqtt/access decides, at QoS 1 at most and never retained. Which application a client belongs to is
//     told by the broker, or by the question's token, or there is but one. When it is not known, the answer is no: user ids of
//     two applications may be the same.
//
// What cannot be decided, because a service is out of reach or the question makes no sense, is refused in words that the broker
// takes for a refusal. Passwords are neither logged nor kept.
//
// Nothing is remembered here but failures: tokens are remembered by the verifier and members by Config.Membership. So any
// process may answer any question.
package brokerauth
