package database

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver

	"github.com/palabre/palabre/ent"
)

// DB is an open database.
type DB struct {
	// Write is for transactions and everything that changes rows.
	Write *ent.Client
	// Read is for queries outside transactions. On SQLite it is a pool of its own, which never waits for the writer;
	// elsewhere it is Write.
	Read *ent.Client

	source
	write *sql.DB
	read  *sql.DB
	// checkpoints are nil but on SQLite.
	checkpoints *checkpoints
}

// maxConnections bounds the pool on database servers: enough for a process, and a tenth of what PostgreSQL accepts by
// default leaves room for replicas.
const maxConnections = 20

const (
	// connectTime is how long a connection may take to be made, the server's greeting included.
	connectTime = 5 * time.Second
	// answerTime is how long a statement may take where its context cannot end it: the MySQL driver waits for the answer to
	// a COMMIT whatever happens. It is longer than any transaction of ours may take.
	answerTime = 20 * time.Second
)

// Open opens the database and proves that it answers.
func Open(ctx context.Context, c Config) (*DB, error) {
	src, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db := &DB{source: src}
	if db.write, err = openPool(ctx, src); err != nil {
		return nil, err
	}
	db.read = db.write
	if src.dialect == dialect.SQLite {
		// SQLite has one writer. Queueing for it here, instead of in the database, is fair and does not poll.
		db.write.SetMaxOpenConns(1)
		if db.read, err = openPool(ctx, src.forReading()); err != nil {
			return nil, err
		}
		db.read.SetMaxOpenConns(max(4, runtime.NumCPU()))
		db.checkpoints = startCheckpoints(db.read)
	}
	db.Write = ent.NewClient(ent.Driver(entsql.OpenDB(src.dialect, db.write)))
	db.Read = db.Write
	if db.read != db.write {
		db.Read = ent.NewClient(ent.Driver(entsql.OpenDB(src.dialect, db.read)))
	}
	return db, nil
}

func openPool(ctx context.Context, src source) (*sql.DB, error) {
	pool, err := src.open(answerTime)
	if err != nil {
		return nil, fmt.Errorf("database: open %s: %w", src.dialect, err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("database: reach %s: %w", src.dialect, err)
	}
	return pool, nil
}

// open makes a pool. answer is how long to wait for an answer where no context does; without end when 0.
func (src source) open(answer time.Duration) (*sql.DB, error) {
	switch src.dialect {
	case dialect.MySQL:
		return openMySQL(src.dsn, answer)
	case dialect.SQLite:
		return openSQLite(src.dsn)
	default:
		return sql.Open(src.driver, src.dsn)
	}
}

// Dialect is ent's name of the kind of database: sqlite3, postgres or mysql.
func (db *DB) Dialect() string { return db.dialect }

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// Close closes the pools. Queries under way are finished first.
func (db *DB) Close() error {
	if db.checkpoints != nil {
		db.checkpoints.stop()
	}
	err := db.write.Close()
	if db.read != db.write {
		if readErr := db.read.Close(); err == nil {
			err = readErr
		}
	}
	return err
}

// SQL is the pool that writes, for what ent does not cover.
func (db *DB) SQL() *sql.DB { return db.write }
