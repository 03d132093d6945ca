// Package httpgw is Palabre's HTTP side: the REST interface, MQTT over WebSocket, and what operators and tools ask a
// server for.
//
// The REST interface is what the google.api.http annotations of proto/ say, and nothing else. A request is checked here
// for what only HTTP knows, its path, query, headers, media type, size and JSON, and becomes a call of a generated gRPC
// client. Who the caller is and what they may do is decided behind that client: credentials are passed on unread. What
// comes back as a gRPC status leaves as a google.rpc.Status in JSON; status.go has the table.
//
// The package holds no state and knows no service, database or broker. internal/app makes one with New, and runs it with
// Serve.
package httpgw
