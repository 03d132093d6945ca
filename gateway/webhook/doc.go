// Package webhook tells the back ends of applications what happens there: it follows the change feed, as the other gateways
// do, and posts each event to the webhooks of its application, signed as standardwebhooks.com says, until that has taken it.
// It is a gRPC client of the chat service, and keeps nothing but what that keeps for it: how far each webhook has come.
//
// # One webhook
//
// Each has a lease, so that one of several processes posts to it, and a consumer of the feed of its own: one that is dead
// holds up no other. A term (term.go) is the time in which this process has the lease. It is made of passes (pass.go), which
// read the stream of the application's events from where the webhook has come to, and hand each event to the lane of its
// conversation. The lanes post (deliver.go, post.go), again and again where that fails, several at once. What the webhook has
// taken, or never asked for, is done; the cursor is moved to where everything before is done (progress.go), and the chat
// service told. Who is killed leaves the cursor behind: then events are posted again, under the same id.
//
// # What fails
//
// A webhook that cannot be reached, or asks for patience, is left alone as a whole, and tried with one event (gate.go). An
// event that it refuses waits with its conversation, and the others go on until the window is full. See
// docs/adr/0020-webhooks.md for when it is given up.
//
// # Texts
//
// A text must not be posted once it is deleted. The service reads it when it reads the event; an event that has waited here is
// read again before it is posted.
package webhook
