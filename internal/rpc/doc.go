// Package rpc is how the services of Palabre are called: over the network, and within the process.
//
// A Server registers each service twice, on a network gRPC server and on an in-memory channel, behind one chain of
// interceptors, so that a service cannot tell who calls it from where:
//
//	recover, request id, log and metrics → deadline → authenticate → policy → validate → handler → errors
//
// chain.go reads in that order. Callers hold a generated client on Server.Loopback, for a role that runs in their process,
// or on Dial, for one that does not. Either puts the identity of the caller on the wire, signed by the calling component:
// the principal given to auth.ActAs, or else the one whose call is being handled.
//
// The in-memory channel is grpchan's inprocgrpc. Like the network it copies messages and metadata, passes on deadlines and
// cancellation, keeps statuses with their details, and lets no other context value through. What it lacks is the limit on
// the size of a message, which is the gateways' to keep.
package rpc
