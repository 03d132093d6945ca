// Package entstore keeps the directory in SQLite, PostgreSQL, MariaDB or MySQL, through ent.
package entstore
