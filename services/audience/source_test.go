package audience_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/audience"
)

// host is a host product's database, and the service that reads it.
type host struct {
	t       *testing.T
	db      *sql.DB
	source  audience.Source
	store   audience.Store
	service *audience.Service
}

const usersQuery = `SELECT id AS user_id, name, role, entity_id, e.title AS entity_name
	FROM people JOIN entities e ON e.eid = entity_id WHERE active = 1`

func newHost(t *testing.T, url string) *host {
	t.Helper()
	open := func() (*sql.DB, error) { return database.OpenHost(database.Config{URL: url}) }
	db, err := open()
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	h := &host{t: t, db: db, store: newStore(t), source: audience.Source{Open: open, Query: usersQuery}}
	h.exec("CREATE TABLE entities (eid INT PRIMARY KEY, title VARCHAR(300))")
	h.exec("CREATE TABLE people (id BIGINT PRIMARY KEY, name VARCHAR(300), role SMALLINT, entity_id INT, active INT)")
	h.exec("INSERT INTO entities VALUES (7, 'Amicale de Rennes'), (8, 'Amicale de Brest')")
	h.exec("INSERT INTO people VALUES (1, 'Zoé', 1, 7, 1), (2, 'Bob', 2, 7, 1), (3, NULL, NULL, 8, 1), (4, 'Left', 1, 7, 0)")
	h.serve()
	return h
}

func (h *host) serve() {
	h.t.Helper()
	service, err := audience.New(audience.Config{
		Store: h.store, Sources: map[string]audience.Source{app: h.source}, Logger: slog.New(slog.DiscardHandler),
	})
	must(h.t, err)
	h.service = service
}

func (h *host) exec(statement string) {
	h.t.Helper()
	_, err := h.db.ExecContext(h.t.Context(), statement)
	must(h.t, err)
}

// reads reads the directory anew, with another query when one is given.
func (h *host) reads(query ...string) (audience.Refreshed, error) {
	h.t.Helper()
	if len(query) > 0 {
		h.source.Query = query[0]
		h.serve()
	}
	return h.service.RefreshDirectory(h.t.Context(), app)
}

func (h *host) wantRefreshed(want audience.Refreshed) {
	h.t.Helper()
	got, err := h.reads()
	must(h.t, err)
	if got != want {
		h.t.Errorf("got %+v, want %+v", got, want)
	}
}

func (h *host) wantDirectory(want ...string) {
	h.t.Helper()
	users, err := h.store.ListUsers(h.t.Context(), audience.UsersQuery{ApplicationID: app, Limit: 100})
	must(h.t, err)
	var got []string
	for _, u := range users {
		got = append(got, strings.Join([]string{u.GetUserId(), u.GetName(), u.GetRole(), u.GetEntityId(), u.GetEntityName()}, "|"))
	}
	wantIDs(h.t, got, want...)
}

// onHosts runs a test on each kind of database that a host may have.
func onHosts(t *testing.T, test func(*testing.T, *host)) {
	for name, newURL := range map[string]func(testing.TB) string{"PostgreSQL": servers.Postgres, "MariaDB": servers.MariaDB} {
		t.Run(name, func(t *testing.T) { test(t, newHost(t, newURL(t))) })
	}
}

func TestADirectoryFollowsItsSource(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.wantRefreshed(audience.Refreshed{Rows: 3, Changed: 3})
		h.wantDirectory("1|Zoé|1|7|Amicale de Rennes", "2|Bob|2|7|Amicale de Rennes", "3|||8|Amicale de Brest")
		h.wantRefreshed(audience.Refreshed{Rows: 3})

		h.exec("UPDATE people SET active = 1 - active WHERE id IN (2, 4)")
		h.exec("UPDATE people SET entity_id = 8 WHERE id = 1")
		h.wantRefreshed(audience.Refreshed{Rows: 3, Changed: 2, Deleted: 1})
		h.wantDirectory("1|Zoé|1|8|Amicale de Brest", "3|||8|Amicale de Brest", "4|Left|1|7|Amicale de Rennes")
	})
}

func TestASourceLeavesThoseAloneWhomOthersToldOf(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		write := func(from audience.Origin, id string) {
			_, err := h.store.UpsertUsers(t.Context(), app, from, []*audiencev1.User{{UserId: id}})
			must(t, err)
		}
		write(audience.OriginHost, "from-the-host")
		write(audience.OriginToken, "from-a-token")
		write(audience.OriginHost, "1")
		_, err := h.store.UpsertUsers(t.Context(), "resalice", audience.OriginQuery, []*audiencev1.User{{UserId: "elsewhere"}})
		must(t, err)
		h.wantRefreshed(audience.Refreshed{Rows: 3, Changed: 3})

		h.exec("DELETE FROM people WHERE id <> 2")
		h.wantRefreshed(audience.Refreshed{Rows: 1, Deleted: 2})
		h.wantDirectory("2|Bob|2|7|Amicale de Rennes", "from-a-token||||", "from-the-host||||")
		elsewhere, err := h.store.ListUsers(t.Context(), audience.UsersQuery{ApplicationID: "resalice", Limit: 9})
		must(t, err)
		wantIDs(t, ids(elsewhere), "elsewhere")
	})
}

func TestRowsThatAreNoUsersAreSkippedAndCounted(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.exec(fmt.Sprintf("INSERT INTO people VALUES (10, '%s', 1, 7, 1)", strings.Repeat("é", 201)))
		h.exec(fmt.Sprintf("INSERT INTO people VALUES (11, '%s', 1, 7, 1)", strings.Repeat("é", 200)))
		got, err := h.reads("SELECT CASE WHEN id = 2 THEN 'not an id' WHEN id = 3 THEN NULL ELSE CAST(id AS CHAR(9)) END AS user_id, name FROM people")
		must(t, err)
		if got != (audience.Refreshed{Rows: 6, Skipped: 3, Changed: 3}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestADirectoryStaysAsItIsWhenItsSourceFails(t *testing.T) {
	onHosts(t, func(t *testing.T, h *host) {
		h.wantRefreshed(audience.Refreshed{Rows: 3, Changed: 3})
		for name, test := range map[string]struct{ query, says string }{
			"with no row":            {usersQuery + " AND id > 99", "no user"},
			"with an unknown one":    {"SELECT id AS user_id, active FROM people", `column "active"`},
			"with one twice":         {"SELECT id AS user_id, name, name FROM people", "name twice"},
			"without ids":            {"SELECT name FROM people", "user_id"},
			"that is none":           {"SELEKT", ""},
			"that writes":            {"DELETE FROM people", ""},
			"that breaks off midway": {"SELECT id AS user_id, CAST(10 / (id - 3) AS CHAR(9)) AS name FROM people ORDER BY id", ""},
		} {
			if name == "that breaks off midway" && strings.Contains(t.Name(), "MariaDB") {
				continue // A division by zero is NULL there.
			}
			t.Run("a query "+name, func(t *testing.T) {
				_, err := h.reads(test.query)
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("the error is %v, and does not say %q", err, test.says)
				}
			})
		}
		h.wantDirectory("1|Zoé|1|7|Amicale de Rennes", "2|Bob|2|7|Amicale de Rennes", "3|||8|Amicale de Brest")
		var people int
		must(t, h.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM people").Scan(&people))
		if people != 4 {
			t.Errorf("the host has %d people left of 4", people)
		}
	})
}

func TestRunReadsDirectoriesWhenTheyHaveGrownOld(t *testing.T) {
	h := newHost(t, servers.Postgres(t))
	h.source.Every = 20 * time.Millisecond
	watched := &watchedStore{Store: h.store, deletions: make(chan int)}
	h.store = watched
	h.serve()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.service.Run(ctx) }()
	<-watched.deletions // The first reading is over.
	h.exec("DELETE FROM people WHERE id = 1")
	for deleted := 0; deleted == 0; {
		deleted = <-watched.deletions
	}
	stop()
	for running := true; running; {
		select {
		case <-watched.deletions:
		case err := <-ended:
			must(t, err)
			running = false
		}
	}
}

// watchedStore tells of each time that users are deleted, which ends a reading.
type watchedStore struct {
	audience.Store
	deletions chan int
}

func (w *watchedStore) DeleteUsers(ctx context.Context, applicationID string, from audience.Origin, userIDs []string) (int, error) {
	deleted, err := w.Store.DeleteUsers(ctx, applicationID, from, userIDs)
	w.deletions <- deleted
	return deleted, err
}

func TestASourceOutOfReachFailsWithoutSayingItsPassword(t *testing.T) {
	for _, url := range []string{"postgres://reader:s3cret@127.0.0.1:1/crm", "mysql://reader:s3cret@127.0.0.1:1/crm"} {
		source := audience.Source{Query: usersQuery, Open: func() (*sql.DB, error) { return database.OpenHost(database.Config{URL: url}) }}
		service, err := audience.New(audience.Config{Store: newStore(t), Sources: map[string]audience.Source{app: source}})
		must(t, err)
		_, err = service.RefreshDirectory(t.Context(), app)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestASourceNeedsAQueryAndADatabase(t *testing.T) {
	open := func() (*sql.DB, error) { return nil, nil }
	for field, source := range map[string]audience.Source{
		"url": {Query: usersQuery}, "query": {Open: open}, "every": {Open: open, Query: usersQuery, Every: -1},
	} {
		_, err := audience.New(audience.Config{Store: newStore(t), Sources: map[string]audience.Source{app: source}})
		if err == nil || !strings.Contains(err.Error(), "sources."+app+"."+field) {
			t.Errorf("the error is %v, and does not name %s", err, field)
		}
	}
	service, err := audience.New(audience.Config{Store: newStore(t), Roles: map[string]audience.Roles{app: {Kinds: map[string]auth.RoleKind{}}}})
	must(t, err)
	if _, err := service.RefreshDirectory(t.Context(), app); err == nil {
		t.Error("a directory without a source was read")
	}
}
