// Package nats holds the configuration of NATS that Palabre ships, so that tests run against the very files that are
// deployed. README.md says how to deploy them.
package nats

import _ "embed" // for the files below

// Config is nats.conf, the same on every node.
//
//go:embed nats.conf
var Config string

// Users is users.conf, with the gateway and one user, alice.
//
//go:embed users.conf
var Users string

// GatewayUser is the user name of Palabre's gateway. It has a dot, which no user id of a host product can have.
const GatewayUser = "palabre.gateway"
