// Package database opens the deployment's one database, SQLite, PostgreSQL, MariaDB or MySQL, and brings its schema up
// to date. Stores get ent clients from it and need not know which database they talk to.
package database
