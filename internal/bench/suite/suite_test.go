package suite_test

import (
	"cmp"
	"flag"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

var (
	measure  = flag.Bool("measure", false, "measure, which takes some minutes")
	duration = flag.Duration("measure-for", 5*time.Second, "how long each measurement takes")
	write    = flag.String("write", "", "Markdown file whose section between the markers becomes the report")
)

// TestSuite measures everything that has a goal. A goal that is not reached is reported and fails nothing; a message that
// is lost, doubled or out of order does.
func TestSuite(t *testing.T) {
	if !*measure {
		t.Skip("it takes some minutes: `make bench`")
	}
	r := newReport()
	t.Run("PostgreSQL", func(t *testing.T) { sendOnPostgres(t, r) })
	t.Run("SQLite", func(t *testing.T) { sendOnSQLite(t, r) })
	t.Run("MQTT", func(t *testing.T) { throughTheBroker(t, r) })
	t.Run("brokers", func(t *testing.T) { throughOtherBrokers(t, r) })
	t.Run("fan-out", func(t *testing.T) { toAThousand(t, r) })
	t.Run("fan-out over Mosquitto", func(t *testing.T) { toAThousandOnMosquitto(t, r) })
	t.Run("guard", func(t *testing.T) { guardCosts(t, r) })
	t.Run("idle", func(t *testing.T) { idleConnections(t, r) })
	t.Run("history", func(t *testing.T) { readHistory(t, r) })
	t.Logf("\n%s", r.markdown())
	if *write != "" && !t.Failed() {
		testenv.WriteReport(t, *write, "make bench", r.markdown())
	}
}

// load runs a load on a palabre that runs everything, and fails the test on what must not be.
func load(t *testing.T, server *testenv.Process, c bench.Config) *bench.Result {
	t.Helper()
	c.GRPC, c.REST, c.MQTT = server.GRPC, server.HTTP, cmp.Or(c.MQTT, server.MQTT)
	c.Token = func(user string) (string, error) { return testenv.Token(t, testenv.App, user), nil }
	c.WarmUp, c.Duration = *duration/4, *duration
	result, err := bench.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Err(); err != nil || len(result.Errors) > 0 {
		t.Errorf("%v: %+v", err, result)
	}
	return result
}

// configuration is that of a palabre with moderation on, on a database; SQLite when the URL is empty.
func configuration(t *testing.T, url string) app.Config {
	t.Helper()
	c := testenv.Config(t)
	c.Database.URL = url
	return c
}
