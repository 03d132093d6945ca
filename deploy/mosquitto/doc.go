// Package mosquitto holds the configuration of Mosquitto that Palabre ships, so that tests run against the very files that
// are deployed. README.md says how to deploy them.
package mosquitto

import _ "embed" // for the files below

// Config is mosquitto.conf.
//
//go:embed mosquitto.conf
var Config string

// ACL is the access control list for the topic prefix `chat`.
//
//go:embed acl
var ACL string

// DynamicSecurityConfig is mosquitto-dynsec.conf.
//
//go:embed mosquitto-dynsec.conf
var DynamicSecurityConfig string

// InitDynamicSecurity is the script init-dynsec.
//
//go:embed init-dynsec
var InitDynamicSecurity string

// GatewayUser is the user name that ACL allows everything. It has a dot, which no user id of a host product can have, so
// nobody can be registered under it.
const GatewayUser = "palabre.gateway"
