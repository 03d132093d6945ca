package database

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/palabre/palabre/ent/migrate/migrations"
)

// Migration is one step of the schema.
type Migration struct {
	// Version is the time it was written, as yyyymmddhhmmss.
	Version int64
	// Name is its file's.
	Name string
	// AppliedAt is zero when it is still to be applied.
	AppliedAt time.Time
}

// Migrate applies what is missing, and answers how many steps that was. Processes that start together do it one after
// the other.
func (db *DB) Migrate(ctx context.Context) (int, error) {
	pool, err := db.patientPool()
	if err != nil {
		return 0, fmt.Errorf("database: migrate: %w", err)
	}
	if pool != db.write {
		defer pool.Close()
	}
	release, err := db.lockMigrations(ctx, pool)
	if err != nil {
		return 0, fmt.Errorf("database: migrate: lock: %w", err)
	}
	defer release()
	provider, err := db.provider(pool)
	if err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("database: migrate: %w", err)
	}
	return len(results), nil
}

// patientPool answers the pool for steps, each of which takes as long as the table is large: on MySQL, where connections
// are not waited for that long, one of its own.
func (db *DB) patientPool() (*sql.DB, error) {
	if db.dialect != dialect.MySQL {
		return db.write, nil
	}
	return db.open(0)
}

// Migrations lists every step, oldest first.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	provider, err := db.provider(db.write)
	if err != nil {
		return nil, err
	}
	statuses, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("database: migrations: %w", err)
	}
	steps := make([]Migration, len(statuses))
	for i, s := range statuses {
		steps[i] = Migration{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt}
	}
	return steps, nil
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations.FS, db.dialect)
	if err != nil {
		return nil, fmt.Errorf("database: migrations: %w", err)
	}
	var options []goose.ProviderOption
	if db.dialect == dialect.Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("database: migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(goose.Dialect(db.dialect), pool, dir, options...)
	if err != nil {
		return nil, fmt.Errorf("database: migrations: %w", err)
	}
	return provider, nil
}

// lockMigrations holds the other processes back where goose has no lock of its own, as it has for PostgreSQL.
func (db *DB) lockMigrations(ctx context.Context, pool *sql.DB) (release func(), err error) {
	switch db.dialect {
	case dialect.MySQL:
		return lockMySQL(ctx, pool)
	case dialect.SQLite:
		return lockSQLite(ctx, db.dsn)
	default:
		return func() {}, nil
	}
}

// lockSQLite locks a file beside the database's, by the one way of locking that SQLite has wherever it runs: being the
// writer. The file is empty, and stays: who waits for it has it open.
func lockSQLite(ctx context.Context, dsn string) (release func(), err error) {
	path, _, _ := strings.Cut(dsn, "?")
	beside, err := sql.Open("sqlite", path+"-migrate?_txlock=immediate&_pragma=busy_timeout(60000)")
	if err != nil {
		return nil, err
	}
	tx, err := beside.BeginTx(ctx, nil)
	if err != nil {
		_ = beside.Close()
		return nil, fmt.Errorf("not had within a minute: %w", err)
	}
	return func() {
		_ = tx.Rollback()
		_ = beside.Close()
	}, nil
}

func lockMySQL(ctx context.Context, pool *sql.DB) (release func(), err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var got int
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK('palabre_migrate', 60)").Scan(&got); err != nil || got != 1 {
		_ = conn.Close()
		return nil, fmt.Errorf("not had within a minute: %w", err)
	}
	return func() {
		// The lock belongs to the connection: closing frees it even when this statement does not get through.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK('palabre_migrate')")
		_ = conn.Close()
	}, nil
}
