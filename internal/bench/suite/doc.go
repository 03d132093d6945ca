// Package suite is what `make bench` measures: Palabre under load from internal/bench, beside raw limits of the same machine
// in the same run, written to docs/performance.md. It is a test that does nothing unless asked, and has no code of its own.
package suite
