// Package migrations carries the versioned schema migrations of every kind of database. They are append-only: what was
// released is never edited. `make migration NAME=…` writes the next one from the ent schema.
package migrations

import "embed"

// FS has one folder for each dialect: sqlite3, postgres, mysql.
//
//go:embed sqlite3/*.sql postgres/*.sql mysql/*.sql
var FS embed.FS
