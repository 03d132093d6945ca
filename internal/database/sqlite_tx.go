package database

import (
	"context"
	"database/sql/driver"
)

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
