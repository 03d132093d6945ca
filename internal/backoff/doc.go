// Package backoff makes the waits between attempts at something that fails. It knows nothing of what.
package backoff
