// Package entstore keeps the chat service's data in SQLite, PostgreSQL, MariaDB or MySQL, through ent.
//
// Every transaction takes its locks in one order, so that none waits for another in a circle: the conversation's row,
// its participants, its messages, and last the row that gives out positions of the change feed. The conversation's row
// is the lock of everything in it.
package entstore
