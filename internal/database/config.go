package database

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
)

// Config says which database to use.
type Config struct {
	// URL is postgres://user:password@host:port/name, mysql://user:password@host:port/name (MariaDB too), or
	// sqlite:PATH.
	URL string `yaml:"url"`
}

// Validate names what is wrong with the URL, without repeating what is secret in it.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

// source is what database/sql needs to open a database.
type source struct {
	dialect string
	driver  string
	dsn     string
}

func (c Config) parse() (source, error) {
	if path, ok := strings.CutPrefix(c.URL, "sqlite:"); ok {
		return sqliteSource(path)
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		// The error of url.Parse quotes the URL, and with it the password.
		return source{}, errors.New("url: is not a URL")
	}
	switch u.Scheme {
	case "postgres", "postgresql":
		return postgresSource(u), nil
	case "mysql", "mariadb":
		return mysqlSource(u)
	case "":
		return source{}, errors.New("url: is empty; give postgres://…, mysql://… or sqlite:PATH")
	default:
		return source{}, fmt.Errorf("url: unknown scheme %q; give postgres://…, mysql://… or sqlite:PATH", u.Scheme)
	}
}

// How many KiB of the file connections keep, as SQLite takes the figure. A transaction goes through all that the writer keeps
// when it ends, if it has rearranged the pages of an index; what is not there comes from the system's cache.
const (
	writerCache = "-16384"
	readerCache = "-65536"
)

// forReading is the source of connections that do not write.
func (src source) forReading() source {
	src.dsn += "&_pragma=cache_size(" + readerCache + ")" // The last one counts.
	return src
}

// sqliteSource sets the pragmas in the DSN, because each pooled connection needs them. The journal is synced at every
// commit (synchronous=FULL): what was answered survives a power cut. Transactions take the write lock when they begin,
// since busy_timeout does not cover a reader that turns writer.
func sqliteSource(path string) (source, error) {
	if path == "" {
		return source{}, errors.New("url: sqlite: needs a path")
	}
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"cache_size(" + writerCache + ")",
		"wal_autocheckpoint(" + longestLog + ")",
	}}
	return source{dialect.SQLite, "sqlite", "file:" + path + "?" + pragmas.Encode()}, nil
}

// postgresSource bounds how long a connection may take to be made, unless the URL does: pgx would wait two minutes for a
// server that says nothing.
func postgresSource(u *url.URL) source {
	bounded := *u
	if !u.Query().Has("connect_timeout") {
		bounded.RawQuery = strings.TrimPrefix(fmt.Sprintf("%s&connect_timeout=%.0f", u.RawQuery, connectTime.Seconds()), "&")
	}
	return source{dialect.Postgres, "pgx", bounded.String()}
}

func mysqlSource(u *url.URL) (source, error) {
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr = "tcp", u.Host
	if !strings.Contains(u.Host, ":") {
		c.Addr += ":3306"
	}
	c.DBName = strings.TrimPrefix(u.Path, "/")
	if c.DBName == "" {
		return source{}, errors.New("url: mysql:// needs the name of a database")
	}
	c.Timeout = connectTime
	// Without server-side preparation a query is one round trip instead of two.
	c.InterpolateParams = true
	// An update that finds the row as it should be counts as a row found, as on the other databases.
	c.ClientFoundRows = true
	c.Collation = "utf8mb4_bin"
	// Only goose has times, of when it did what; ours are numbers.
	c.ParseTime = true
	c.Params = map[string]string{
		"sql_mode": "'TRADITIONAL,NO_AUTO_VALUE_ON_ZERO'",
	}
	switch tls := u.Query().Get("tls"); tls {
	case "", "true", "skip-verify", "preferred":
		c.TLSConfig = tls
	default:
		return source{}, fmt.Errorf("url: tls: %q is none of true, skip-verify, preferred", tls)
	}
	return source{dialect.MySQL, "mysql", c.FormatDSN()}, nil
}
