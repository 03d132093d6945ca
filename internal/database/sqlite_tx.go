package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// InTransaction runs what it is given in a transaction on SQLite, with a connection instead of a sql.Tx: that would have a goroutine
// wait for the end of each, and of every query in it.
func (db *DB) InTransaction(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // It goes back to the pool.
	ctx = context.WithoutCancel(ctx)
	var tx driver.Tx
	begin := func(c any) (err error) {
		tx, err = c.(*preparingConn).BeginTx(ctx, driver.TxOptions{})
		return err
	}
	if err := conn.Raw(begin); err != nil {
		return err
	}
	open := true
	defer func() {
		if open {
			_ = conn.Raw(func(any) error { return tx.Rollback() })
		}
	}()
	if err := do(ctx, conn); err != nil {
		return err
	}
	open = false
	return conn.Raw(func(any) error { return tx.Commit() })
}

// BeginTx begins a transaction that writes by a statement that is kept, as its end is: parsing the two takes a small
// transaction as long as one of its inserts. Where the context can end, that is the driver's to see to.
func (c *preparingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if ctx.Done() != nil || opts != (driver.TxOptions{}) {
		return c.sqliteConn.BeginTx(ctx, opts)
	}
	if err := c.step(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return preparedTx{c}, nil
}

// step runs a statement without arguments that is kept.
func (c *preparingConn) step(ctx context.Context, text string) error {
	s, err := c.prepared(ctx, text)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx, nil)
	c.kept.giveBack(s, err)
	return err
}

// preparedTx is a transaction that was begun by a statement that is kept.
type preparedTx struct{ c *preparingConn }

// Commit implements driver.Tx. After it no transaction is open, whether it succeeded or not.
func (t preparedTx) Commit() error {
	err := t.c.step(context.Background(), "COMMIT")
	if err != nil {
		_ = t.Rollback() // There may be nothing to roll back.
	}
	return err
}

// Rollback implements driver.Tx.
func (t preparedTx) Rollback() error { return t.c.step(context.Background(), "ROLLBACK") }
