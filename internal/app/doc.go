// Package app puts Palabre together: it reads the configuration, makes the parts that this process runs, connects them
// to each other and to those that run elsewhere, and runs them.
//
// A role that this process runs is reached in memory, a role that it does not run is dialled. Nothing else changes.
package app
