package database

import (
	"database/sql/driver"
	"reflect"
	"unsafe"

	sqlitelib "modernc.org/sqlite/lib"
)

// withoutMutex takes the mutex from a connection of SQLite, as SQLITE_OPEN_NOMUTEX would. database/sql lets one goroutine at a
// time use a connection, and the driver has to have it so, mutex or not (its documentation says so under "Connections"); but
// it opens each with SQLITE_OPEN_FULLMUTEX and has no option for that. SQLite then locks for every value of a row, three times
// for a text, which is an eighth of what a page of history takes.
//
// A driver that keeps its handle elsewhere is left as it is.
func withoutMutex(conn driver.Conn) {
	handle := handleOf(conn)
	if handle != nil {
		handle.Fmutex = 0
	}
}

func handleOf(conn driver.Conn) *sqlitelib.Tsqlite3 {
	of := reflect.ValueOf(conn)
	if of.Kind() != reflect.Pointer || of.Elem().Kind() != reflect.Struct {
		return nil
	}
	db := of.Elem().FieldByName("db")
	if db.Kind() != reflect.Uintptr || db.Uint() == 0 {
		return nil
	}
	address := uintptr(db.Uint())
	// It is no memory of Go's, so there is nothing that the collector would have to know of.
	return *(**sqlitelib.Tsqlite3)(unsafe.Pointer(&address))
}
