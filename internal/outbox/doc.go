// Package outbox follows an append-only table of events from a position on. It knows neither what the events are nor
// which service they belong to: it is told how to fetch them and what to do with each.
package outbox
