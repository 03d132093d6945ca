// Package lease makes one of several processes the one that does a work, by a lease that the chat service keeps. Gateways
// use it; the services hold their own with their store.
package lease
