// Package schema is the data model: one file per entity, each owned by one service, whose entstore alone reads and
// writes it.
//
// What holds for all of them:
//   - application_id is on every row, and every query names it: applications never meet.
//   - Times are int64 microseconds since 1970 UTC (suffix _at). The three databases keep times in three precisions
//     and two of them with zones; a number is the same everywhere.
//   - Identifiers compare byte by byte, case and accents included, on all three databases.
//   - Edges stay within one owner. What belongs to another service is referred to by its id.
package schema
