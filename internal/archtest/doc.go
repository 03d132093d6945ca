// Package archtest holds the import rules of docs/architecture.md as a test. It has no code of its own.
package archtest
