// Package auth proves who makes a call and says what kind of caller they are.
//
// A Verifier turns credentials into a Principal: the host product's JWT of a user, the API key of one of its back ends,
// the token that Palabre itself gave a visitor, or a peer token, by which a component of Palabre vouches for the principal
// it calls for. Interceptors put the Principal into the context; services read it with FromContext. A component that calls
// another in somebody's name says so with ActAs, and its PeerSigner puts the proof on the wire.
//
// A Policy says which kinds of caller may call a method at all. What they may do there, to which conversation, is each
// service's own business.
//
// The package knows no transport: internal/rpc carries metadata in and out, the embedded broker hands over MQTT
// passwords, and the HTTP gateway forwards its headers.
package auth
