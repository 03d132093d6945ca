// Package rpcerr makes and reads the errors that Palabre's services answer: gRPC statuses with a stable reason
// (palabre.rpc.v1.ErrorReason in a google.rpc.ErrorInfo of domain "palabre"), a text for people in French, and, where they
// apply, field violations and the time to wait.
//
// Handlers make one with New. Stores answer plain sentinels, and a Table says which status each becomes; Table.Status is
// applied once, by the interceptors of internal/rpc, and is what keeps the text of drivers from callers. The gateways read
// an error with Code, Reason, FieldViolations and RetryDelay; how those look over HTTP and MQTT is their business.
package rpcerr
