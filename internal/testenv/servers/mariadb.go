package servers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDB returns the URL of an empty MariaDB database, mysql://user:password@127.0.0.1:port/name, on a server that all
// tests of the test binary share. The database is dropped when the test is over.
func MariaDB(t testing.TB) string {
	t.Helper()
	return sharedDatabase(t, sharedMariaDB)
}

// StartMariaDB starts a MariaDB server for this test alone, which it may stop and kill.
func StartMariaDB(t testing.TB) *DatabaseServer {
	t.Helper()
	return startForTest(t, newMariaDB)
}

// A variable of the package, because the tests of a binary have nothing else in common.
var sharedMariaDB = sync.OnceValues(func() (*engine, error) { return started(newMariaDB) })

// Half a gigabyte of log and cache for a test would be too much; and the files are made at every start.
const smallInnoDB = "--innodb-log-file-size=16M"

func newMariaDB() (*engine, error) {
	install, err := program("mariadb-install-db", "mariadb-server-core")
	if err != nil {
		return nil, err
	}
	server, err := program("mariadbd", "mariadb-server-core")
	if err != nil {
		return nil, err
	}
	account, err := newAccount("mysql", "nobody")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := account.directory("mariadb")
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := initMariaDB(account, install, dir, password); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}

	exec := func(ctx context.Context, statement string) error {
		return execMariaDB(ctx, loopback(port), password, statement)
	}
	return &engine{
		url: func(database string) string {
			return fmt.Sprintf("mysql://palabre:%s@127.0.0.1:%d/%s", password, port, database)
		},
		exec: exec,
		// Binary, or 'e' and 'é' would be one in a unique key.
		create: "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", drop: "DROP DATABASE %s",
		process: &process{
			name: "mariadb", account: account, dir: dir,
			command: []string{
				server, "--no-defaults", "--datadir=" + dir + "/data", "--socket=" + dir + "/socket", "--pid-file=" + dir + "/pid",
				"--init-file=" + dir + "/init.sql", "--port=" + strconv.Itoa(port), "--bind-address=127.0.0.1",
				"--skip-name-resolve", "--max-connections=200", "--innodb-buffer-pool-size=64M", smallInnoDB,
				// As fsync=off for PostgreSQL: written at each commit, and synced once a second.
				"--innodb-flush-log-at-trx-commit=2",
				// The default of a day would hide a transaction left open until the test times out.
				"--lock-wait-timeout=20",
			},
			ready:      func(ctx context.Context) error { return exec(ctx, "SELECT 1") },
			stopSignal: syscall.SIGTERM, killSignal: syscall.SIGKILL,
		},
	}, nil
}

func initMariaDB(account account, install, dir, password string) error {
	user := fmt.Sprintf("CREATE USER IF NOT EXISTS palabre@127.0.0.1 IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO palabre@127.0.0.1;\n", password)
	if err := account.write(dir+"/init.sql", []byte(user)); err != nil {
		return err
	}
	return account.run(dir, install, "--no-defaults", "--datadir="+dir+"/data", "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve", smallInnoDB)
}

func execMariaDB(ctx context.Context, address, password, statement string) error {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd = "tcp", address, "palabre", password
	config.Logger = &mysql.NopLogger{} // that a server is not ready yet is no news
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
