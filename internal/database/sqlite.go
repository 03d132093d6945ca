package database

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"modernc.org/sqlite"
)

// openSQLite opens a pool whose connections keep their statements prepared. SQLite is in this process, so that no round
// trip hides what it takes to parse a statement and to plan it: more than it takes to run most of ours.
func openSQLite(dsn string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{connector}), nil
}

// preparing opens connections that prepare a statement once.
type preparing struct{ driver.Connector }

// Connect opens a connection that has prepared nothing yet.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	withoutMutex(conn)
	return &preparingConn{sqliteConn: conn.(sqliteConn), kept: newStatements(keptText)}, nil
}

// sqliteConn is what the driver's connections can do for database/sql.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// preparingConn runs statements through those it has kept, in transactions and outside. Like every connection of
// database/sql it is used by one goroutine at a time.
type preparingConn struct {
	sqliteConn
	kept *statements
}

// ExecContext runs a statement, and keeps it for the next time.
func (c *preparingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if !keeps(args) {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	s, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	c.kept.giveBack(s, err)
	return result, err
}

// QueryContext runs a query, which is kept for the next time when its rows are closed.
func (c *preparingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if !keeps(args) {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	s, err := c.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		c.kept.giveBack(s, err)
		return nil, err
	}
	return &preparedRows{sqliteRows: rows.(sqliteRows), of: s, kept: c.kept}, nil
}

// keeps says whether a statement is one to keep. What has no arguments is a step of a migration, or a pragma, which may do
// its work when it is prepared.
func keeps(args []driver.NamedValue) bool { return len(args) > 0 }

// prepared answers the statement, which is the caller's until it is given back.
func (c *preparingConn) prepared(ctx context.Context, text string) (*statement, error) {
	if s := c.kept.take(text); s != nil {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &statement{sqliteStmt: s.(sqliteStmt), text: text}, nil
}

// Close closes the statements before the connection, which is in memory for as long as one is open.
func (c *preparingConn) Close() error {
	c.kept.close()
	return c.sqliteConn.Close()
}

// sqliteRows is what the driver's rows can do for database/sql.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// preparedRows give their statement back when they are closed.
type preparedRows struct {
	sqliteRows
	of   *statement
	kept *statements
}

// Close ends the query. Its statement is ready for the next one.
func (r *preparedRows) Close() error {
	err := r.sqliteRows.Close()
	r.kept.giveBack(r.of, err)
	return err
}
