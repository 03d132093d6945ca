package testenv_test

import (
	"testing"
	"time"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// forms are the ways to run Palabre, as one process and as one for each role, which have to survive the same.
var forms = []struct {
	name  string
	start func(*testing.T, app.Config) *testenv.Env
}{
	{"all in one", func(t *testing.T, c app.Config) *testenv.Env { return testenv.StartProcess(t, c).Env() }},
	{"split", func(t *testing.T, c app.Config) *testenv.Env {
		env, _ := testenv.StartSplit(t, c)
		return env
	}},
}

// A frozen database is noticed by no connection. Whoever calls is told so in time, nothing is acknowledged, and nothing
// piles up; once it goes on, everything does.
func TestADatabaseThatIsFrozenForAWhile(t *testing.T) {
	t.Parallel()
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			database := servers.StartPostgres(t)
			c := testenv.Config(t)
			c.Database.URL = database.Database(t)
			env := form.start(t, c)
			l := startLoad(t, env)
			goroutines := metric(t, env, "go_goroutines")

			database.Pause()
			frozen, before := time.Now(), l.sent()
			isNotReady(t, env)
			l.isRefused()
			if acknowledged := l.sent() - before; acknowledged > aliceDevices { // what was on its way
				t.Errorf("a frozen database acknowledged %d messages", acknowledged)
			}
			if now := metric(t, env, "go_goroutines"); now > goroutines+200 {
				t.Errorf("%v goroutines have become %v", goroutines, now)
			}
			t.Logf("frozen for %v", time.Since(frozen).Round(time.Millisecond))
			database.Resume()
			l.recovers()
			l.ends()
		})
	}
}

func TestADatabaseThatCrashesAndStartsAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		database func(testing.TB) *servers.DatabaseServer
		form     int
	}{
		{"PostgreSQL, all in one", servers.StartPostgres, 0},
		{"PostgreSQL, split", servers.StartPostgres, 1},
		{"MariaDB, all in one", servers.StartMariaDB, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			database := tt.database(t)
			c := testenv.Config(t)
			c.Database.URL = database.Database(t)
			env := forms[tt.form].start(t, c)
			l := startLoad(t, env)

			database.Kill()
			isNotReady(t, env)
			isToldToComeBack(t, env)
			database.Start()
			l.recovers()
			l.ends()
		})
	}
}
