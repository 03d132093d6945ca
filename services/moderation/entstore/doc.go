// Package entstore keeps rules, the review queue and counts in SQLite, PostgreSQL, MariaDB or MySQL, through ent.
package entstore
