// Package testenv runs Palabre for end-to-end tests, as one process or as several, on any of its databases and brokers,
// and gives tests people who use it from outside: over MQTT, REST and gRPC.
package testenv
