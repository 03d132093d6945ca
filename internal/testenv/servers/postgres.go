package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the URL of an empty PostgreSQL database, postgres://user:password@127.0.0.1:port/name, on a server that
// all tests of the test binary share. The database is dropped when the test is over.
func Postgres(t testing.TB) string {
	t.Helper()
	return sharedDatabase(t, sharedPostgres)
}

// StartPostgres starts a PostgreSQL server for this test alone, which it may stop and kill.
func StartPostgres(t testing.TB) *DatabaseServer {
	t.Helper()
	return startForTest(t, newPostgres)
}

// StartDurablePostgres is StartPostgres with a server that syncs what is committed to the disk, as one does that people rely
// on. It is for measuring, and has room for many clients.
func StartDurablePostgres(t testing.TB) *DatabaseServer {
	t.Helper()
	return startForTest(t, func() (*engine, error) { return newPostgresWith("fsync=on", "max_connections=400") })
}

// A variable of the package, because the tests of a binary have nothing else in common.
var sharedPostgres = sync.OnceValues(func() (*engine, error) { return started(newPostgres) })

func newPostgres() (*engine, error) {
	// A killed server loses nothing by fsync=off, only a machine that loses its power: the kernel has the writes.
	return newPostgresWith("fsync=off", "max_connections=200")
}

func newPostgresWith(settings ...string) (*engine, error) {
	initdb, err := program("initdb", "postgresql")
	if err != nil {
		return nil, err
	}
	server, err := program("postgres", "postgresql")
	if err != nil {
		return nil, err
	}
	account, err := newAccount("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := account.directory("postgres")
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := initPostgres(account, initdb, dir, password); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}

	url := func(database string) string {
		return fmt.Sprintf("postgres://palabre:%s@127.0.0.1:%d/%s?sslmode=disable", password, port, database)
	}
	command := []string{server, "-D", dir + "/data", "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1"}
	for _, s := range settings {
		command = append(command, "-c", s)
	}
	exec := func(ctx context.Context, statement string) error {
		return execPostgres(ctx, url("postgres"), statement)
	}
	return &engine{
		url: url, exec: exec,
		create: "CREATE DATABASE %s", drop: "DROP DATABASE %s WITH (FORCE)",
		process: &process{
			name: "postgres", account: account, dir: dir, command: command,
			ready: func(ctx context.Context) error { return exec(ctx, "SELECT 1") },
			// INT is the shutdown that does not wait for clients to leave. QUIT is a crash of all its processes: KILL would be
			// one of the first only, and the others would go on answering for a moment.
			stopSignal: syscall.SIGINT, killSignal: syscall.SIGQUIT,
		},
	}, nil
}

func initPostgres(account account, initdb, dir, password string) error {
	if err := account.write(dir+"/password", []byte(password)); err != nil {
		return err
	}
	return account.run(dir, initdb, "-D", dir+"/data", "--username=palabre", "--pwfile="+dir+"/password",
		"--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
}

func execPostgres(ctx context.Context, url, statement string) error {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	_, err = connection.Exec(ctx, statement)
	return err
}
