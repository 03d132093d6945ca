package suite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/chat/storetest"
)

// bareTable is a table with a row of a message's size and nothing around it.
const bareTable = "CREATE TABLE bare (id %s PRIMARY KEY, conversation BIGINT, sender VARCHAR(64), content TEXT, created_at BIGINT)"

// The one-row insert that pgbench repeats.
const bareInsert = `\set conversation random(1, 1000)
INSERT INTO bare VALUES (gen_random_uuid(), :conversation, 'bench', repeat('x', 200), 1);
`

// ratioGoal is the least that a number of senders should reach of the database's own rate.
type ratioGoal map[int]float64

// maxOverCommit is how much longer than the database's own commit a lone sender may wait.
const maxOverCommit = 500 * time.Microsecond

var crowds = []int{1, 16, 64, 256}

// sendOnPostgres compares senders with as many clients of pgbench, in turn, on one server that syncs its commits.
func sendOnPostgres(t *testing.T, r *report) {
	server := servers.StartDurablePostgres(t)
	raw := server.Database(t)
	if _, err := open(t, raw).ExecContext(t.Context(), fmt.Sprintf(bareTable, "UUID")); err != nil {
		t.Fatal(err)
	}
	used := server.Database(t)
	palabre := testenv.StartProcess(t, configuration(t, used))
	// PostgreSQL learns within a minute that tables which were empty when it planned are not any more.
	send(t, palabre, 64, false)
	if _, err := open(t, used).ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	r.add(row{what: "an empty call over gRPC, 64 at a time", figure: rate(emptyCalls(t, palabre, 64))})
	for _, n := range crowds {
		bare := servers.Pgbench(t, raw, bareInsert, n, *duration)
		if n >= 64 {
			addStored(r, "PostgreSQL", n, stored(t, server.Database(t), n), bare, "pgbench "+rate(bare))
		}
		addSends(r, "SendMessage over gRPC, PostgreSQL", n, send(t, palabre, n, false), bare, "pgbench "+rate(bare), ratioGoal{64: 0.7, 256: 1})
		if n >= 64 {
			addSends(r, "SendMessages, a stream each, PostgreSQL", n, send(t, palabre, n, true), bare, "pgbench "+rate(bare), ratioGoal{64: 1.2, 256: 1.2})
			addSends(r, "SendMessages, two streams of a back end, PostgreSQL", n, sendAsBackEnd(t, palabre, n), bare, "pgbench "+rate(bare), ratioGoal{64: 1.2, 256: 1.2})
		}
	}
}

// sendOnSQLite compares senders with the one-row commit of one writer: SQLite has no more than one.
func sendOnSQLite(t *testing.T, r *report) {
	bare := commits(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "bare.db")))
	palabre := testenv.StartProcess(t, configuration(t, ""))
	for _, n := range crowds {
		if n >= 64 {
			addStored(r, "SQLite", n, stored(t, "sqlite:"+filepath.Join(t.TempDir(), "stored.db"), n), bare, "commits "+rate(bare))
		}
		addSends(r, "SendMessage over gRPC, SQLite", n, send(t, palabre, n, false), bare, "commits "+rate(bare), ratioGoal{64: 1.5, 256: 2.5})
	}
}

// send lets each sender send to a conversation of their own. Nobody receives over gRPC: the events go to the MQTT gateway,
// and the history is checked.
func send(t *testing.T, palabre *testenv.Process, senders int, streams bool) *bench.Result {
	t.Helper()
	return load(t, palabre, bench.Config{Over: bench.OverGRPC, Senders: senders, Stream: streams})
}

// sendAsBackEnd is send in the senders' names, as a back end or a bot does.
func sendAsBackEnd(t *testing.T, palabre *testenv.Process, senders int) *bench.Result {
	t.Helper()
	return load(t, palabre, bench.Config{Over: bench.OverGRPC, Senders: senders, BackEnd: true, APIKey: testenv.APIKey, Connections: 2})
}

// stored is how many messages a second the store takes from so many callers in its own process: what is left for a send when
// nobody checks, judges, carries or follows it.
func stored(t *testing.T, url string, callers int) float64 {
	t.Helper()
	db := openDatabase(t, url)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	send := storetest.Sender(t, entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)}), callers)
	return perSecond(t, callers, func(n int) error { return send(t.Context(), n) })
}

func addStored(r *report, database string, callers int, figure, bare float64, raw string) {
	r.add(row{
		what: fmt.Sprintf("the store alone, %s, %d at a time", database, callers), figure: rate(figure), raw: raw,
		ratio: ratio(figure, bare),
	})
}

// emptyCalls is how many calls a second of the same server and as many connections do nothing: what gRPC alone leaves of the
// machine to those that do.
func emptyCalls(t *testing.T, palabre *testenv.Process, callers int) float64 {
	t.Helper()
	var clients []healthv1.HealthClient
	for range 8 {
		conn, err := bench.DialGRPC(palabre.GRPC)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		clients = append(clients, healthv1.NewHealthClient(conn))
	}
	return perSecond(t, callers, func(n int) error {
		_, err := clients[n%len(clients)].Check(t.Context(), &healthv1.HealthCheckRequest{})
		return err
	})
}

// perSecond is how often a second something is done by so many at the same time; n counts the times.
func perSecond(t *testing.T, callers int, do func(n int) error) float64 {
	t.Helper()
	var times atomic.Int64
	var calling sync.WaitGroup
	began := time.Now()
	for range callers {
		calling.Go(func() {
			for time.Since(began) < *duration {
				if err := do(int(times.Add(1))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	calling.Wait()
	return float64(times.Load()) / time.Since(began).Seconds()
}

func addSends(r *report, what string, senders int, result *bench.Result, bare float64, raw string, goals ratioGoal) {
	figure := result.AcknowledgedPerSecond
	w := row{
		what: fmt.Sprintf("%s, %d at a time", what, senders), raw: raw,
		figure: fmt.Sprintf("%s, p50 %.1f ms, p99 %.1f ms", rate(figure), result.SendToAck.P50, result.SendToAck.P99),
		ratio:  ratio(figure, bare),
	}
	if least, ok := goals[senders]; ok {
		w.goal, w.reached = fmt.Sprintf("≥ %.1f×", least), figure >= least*bare
	}
	if senders == 1 {
		over := result.SendToAck.P50 - 1000/bare
		w.goal = fmt.Sprintf("≤ %.1f ms over a commit, is %.2f", ms(maxOverCommit), over)
		w.reached = over <= ms(maxOverCommit)
	}
	r.add(w)
}

// commits is how many rows a second one writer inserts, each in a transaction of its own.
func commits(t *testing.T, db *sql.DB) float64 {
	t.Helper()
	insert := inserter(t, db)
	began, n := time.Now(), 0
	for ; time.Since(began) < *duration; n++ {
		insert()
	}
	return float64(n) / time.Since(began).Seconds()
}

// inserter answers what inserts one row of a message's size into SQLite.
func inserter(t *testing.T, db *sql.DB) func() {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf(bareTable, "TEXT")); err != nil {
		t.Fatal(err)
	}
	statement, err := db.PrepareContext(t.Context(), "INSERT INTO bare VALUES (?, 1, 'bench', ?, 1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { statement.Close() })
	content := strings.Repeat("x", 200)
	return func() {
		if _, err := statement.ExecContext(t.Context(), uuid.NewString(), content); err != nil {
			t.Error(err)
		}
	}
}

// open opens a database as Palabre does, with the same driver and settings.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	return openDatabase(t, url).SQL()
}

func openDatabase(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
