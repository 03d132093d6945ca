package servers_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/palabre/palabre/internal/testenv/servers"
)

// engines are the databases, each of which has to behave the same.
var engines = []struct {
	name   string
	shared func(testing.TB) string
	start  func(testing.TB) *servers.DatabaseServer
}{
	{"PostgreSQL", servers.Postgres, servers.StartPostgres},
	{"MariaDB", servers.MariaDB, servers.StartMariaDB},
}

func TestDatabasesOfOneTestBinaryAreEmptyAndApart(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			first, second := open(t, engine.shared(t)), open(t, engine.shared(t))
			mustExec(t, first, "CREATE TABLE note (text VARCHAR(20))")
			mustExec(t, second, "CREATE TABLE note (text VARCHAR(20))")
		})
	}
}

func TestADatabaseIsGoneAfterItsTest(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var address string
			t.Run("the test", func(t *testing.T) { address = engine.shared(t) })
			if err := open(t, address).PingContext(t.Context()); !isUnknownDatabase(err) {
				t.Errorf("connecting to it says %v, want that it does not exist", err)
			}
		})
	}
}

func TestWhatIsCommittedSurvivesAKilledServer(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			server := engine.start(t)
			db := open(t, server.Database(t))
			mustExec(t, db, "CREATE TABLE note (text VARCHAR(20))")
			mustExec(t, db, "INSERT INTO note VALUES ('bonjour')")

			server.Kill()
			if err := db.PingContext(t.Context()); err == nil {
				t.Fatal("a killed server answers")
			}
			server.Start()
			wantNote(t, db, "bonjour")

			server.Restart()
			wantNote(t, db, "bonjour")
		})
	}
}

func TestMariaDBTellsAccentsApart(t *testing.T) {
	db := open(t, servers.MariaDB(t))
	mustExec(t, db, "CREATE TABLE word (text VARCHAR(20) UNIQUE)")
	mustExec(t, db, "INSERT INTO word VALUES ('e'), ('é'), ('E')")
}

// open connects as a program does that was given the URL.
func open(t *testing.T, address string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", address
	if strings.HasPrefix(address, "mysql://") {
		driver, dsn = "mysql", mysqlDSN(t, address)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mysqlDSN(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", parsed.Host, strings.TrimPrefix(parsed.Path, "/")
	config.User = parsed.User.Username()
	config.Passwd, _ = parsed.User.Password()
	config.Logger = &mysql.NopLogger{}
	return config.FormatDSN()
}

func isUnknownDatabase(err error) bool {
	if inPostgres, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return strings.Contains(inPostgres.Error(), "3D000")
	}
	inMariaDB, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && inMariaDB.Number == 1049
}

func mustExec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func wantNote(t *testing.T, db *sql.DB, want string) {
	t.Helper()
	var text string
	if err := db.QueryRowContext(context.Background(), "SELECT text FROM note").Scan(&text); err != nil || text != want {
		t.Fatalf("the note says %q (%v), want %q", text, err, want)
	}
}
