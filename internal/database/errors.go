package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// ShouldRetry says that the database undid a transaction because of another one, and that the same again may pass:
// a deadlock or a serialization failure.
func ShouldRetry(err error) bool {
	if pg := new(pgconn.PgError); errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	if my := new(mysql.MySQLError); errors.As(err, &my) {
		// ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, and MariaDB's ER_CHECKREAD.
		return slices.Contains([]uint16{1213, 1205, 1020}, my.Number)
	}
	return false
}

// IsUnavailable says that the database could not be reached, was going down, or was too busy: what passes by itself.
func IsUnavailable(err error) bool {
	for _, lost := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, sql.ErrConnDone, context.DeadlineExceeded,
		// What a connection says that ended in the middle of an answer.
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	if n := net.Error(nil); errors.As(err, &n) || pgconn.SafeToRetry(err) {
		return true
	}
	if pg := new(pgconn.PgError); errors.As(err, &pg) {
		// Connection exceptions, insufficient resources (a full disk among them), operator intervention.
		return slices.Contains([]string{"08", "53", "57"}, pg.Code[:min(2, len(pg.Code))])
	}
	if my := new(mysql.MySQLError); errors.As(err, &my) {
		// Too many connections, shutdown, disk full, and no longer or not yet connected.
		return slices.Contains([]uint16{1040, 1053, 1021, 1114, 1152, 1927}, my.Number) || ShouldRetry(err)
	}
	if lite := new(sqlite.Error); errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlitelib.SQLITE_BUSY || code == sqlitelib.SQLITE_LOCKED || code == sqlitelib.SQLITE_FULL || code == sqlitelib.SQLITE_IOERR
	}
	if pgErr := new(pgconn.ConnectError); errors.As(err, &pgErr) {
		return true
	}
	return strings.Contains(err.Error(), "sql: database is closed")
}
