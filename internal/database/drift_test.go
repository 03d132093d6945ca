package database_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	entmigrate "github.com/palabre/palabre/ent/migrate"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// writeMigration makes the drift test write the missing migration: `make migration NAME=add_attachments`.
var writeMigration = flag.String("write-migration", "", "name of the migration to write when the ent schema has moved on")

// engines are the databases every test here runs on, each answering the URL of an empty one.
var engines = map[string]func(*testing.T) string{
	dialect.SQLite:   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "palabre.db") },
	dialect.Postgres: func(t *testing.T) string { return servers.Postgres(t) },
	dialect.MySQL:    func(t *testing.T) string { return servers.MariaDB(t) },
}

func TestMigrationsLeadToTheEntSchema(t *testing.T) {
	for engine, newURL := range engines {
		t.Run(engine, func(t *testing.T) {
			released := filepath.Join("../../ent/migrate/migrations", engine)
			dir := filepath.Join(t.TempDir(), "migrations")
			if err := os.CopyFS(dir, os.DirFS(released)); err != nil {
				t.Fatal(err)
			}
			name := *writeMigration
			if name == "" {
				name = "drift"
			}
			missing := difference(t, engine, newURL(t), dir, name)
			if missing == "" {
				return
			}
			ddl, err := os.ReadFile(missing)
			if err != nil {
				t.Fatal(err)
			}
			if *writeMigration == "" {
				t.Fatalf("the ent schema is ahead of the migrations: run `make migration NAME=what_changed`\n%s", ddl)
			}
			if err := os.WriteFile(filepath.Join(released, filepath.Base(missing)), ddl, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// difference replays the migrations of dir on the empty database at url, and answers the file it wrote with what the ent
// schema has beyond them, if anything.
func difference(t *testing.T, engine, url, dir, name string) string {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := sqltool.NewGooseDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Atlas wants checksums of the files; git keeps ours.
	sum, err := files.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.WriteSumFile(files, sum); err != nil {
		t.Fatal(err)
	}
	err = entmigrate.NewSchema(entsql.OpenDB(engine, db.SQL())).NamedDiff(t.Context(), name,
		schema.WithDir(files),
		schema.WithDialect(engine),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
	)
	if err != nil && !errors.Is(err, migrate.ErrNoPlan) {
		t.Fatal(err)
	}
	written, _ := filepath.Glob(filepath.Join(dir, "*_"+name+".sql"))
	if len(written) == 0 {
		return ""
	}
	return written[len(written)-1]
}
