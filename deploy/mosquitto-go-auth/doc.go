// Package mosquittogoauth holds the configuration of Mosquitto with the plugin mosquitto-go-auth that Palabre ships, so that a
// test runs against the very file that is deployed. README.md says how to deploy it.
package mosquittogoauth

import _ "embed" // for the file below

// Config is mosquitto.conf.
//
//go:embed mosquitto.conf
var Config string
