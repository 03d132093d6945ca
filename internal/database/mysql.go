package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/go-sql-driver/mysql"
)

// openMySQL opens a pool whose transactions are READ COMMITTED, as PostgreSQL's are: locks are then held on rows that
// exist, not on the gaps between them, over which senders would deadlock. A connection that says nothing for the time
// given is given up.
func openMySQL(dsn string, answer time.Duration) (*sql.DB, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	config.ReadTimeout, config.WriteTimeout = answer, answer
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(readCommitted{connector}), nil
}

// readCommitted sets the isolation of each connection by statement: MariaDB and MySQL name the variable differently.
type readCommitted struct{ driver.Connector }

// Connect opens a connection and sets its isolation.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
