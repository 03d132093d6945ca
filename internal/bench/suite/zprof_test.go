package suite_test

import (
	"os"
	osexec "os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// cpu is the CPU time in ms of processes by name.
func cpu(name string) float64 {
	out, _ := osexec.Command("sh", "-c", "for p in $(pgrep -x "+name+"); do cat /proc/$p/stat | cut -d' ' -f14,15,16,17; done").Output()
	var sum float64
	for _, f := range strings.Fields(string(out)) {
		n, _ := strconv.ParseFloat(f, 64)
		sum += n * 10
	}
	return sum
}

func TestZProf(t *testing.T) {
	url := ""
	if os.Getenv("ON") == "pg" {
		url = servers.StartDurablePostgres(t).Database(t)
	}
	if url != "" {
		db := open(t, url)
		defer func() {
			rows, err := db.Query("select relname, seq_scan, seq_tup_read, idx_scan, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_dead_tup from pg_stat_user_tables where n_tup_ins+n_tup_upd+seq_scan > 100")
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var n string
				v := make([]int64, 8)
				rows.Scan(&n, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7])
				t.Log(n, v)
			}
		}()
	}
	e := testenv.Start(t, configuration(t, url))
	n := 64
	if url != "" {
		db := open(t, url)
		go func() {
			for range 3 {
				time.Sleep(4 * time.Second)
				rows, err := db.Query("select coalesce(state,''), coalesce(age(backend_xmin),-1), coalesce(extract(epoch from now()-xact_start)*1000,-1)::int, left(query,90) from pg_stat_activity where backend_xmin is not null or xact_start is not null order by 2 desc")
				if err != nil {
					return
				}
				for rows.Next() {
					var st, q string
					var a, x int
					rows.Scan(&st, &a, &x, &q)
					println("ACT", st, a, x, q)
				}
				rows.Close()
			}
		}()
	}
	for _, phase := range []string{"warm", "prof"} {
		if phase == "prof" {
			if url != "" {
				db := open(t, url)
				db.Exec("ANALYZE")
				db.Exec("CREATE EXTENSION pg_stat_statements")
				db.Exec("SELECT pg_stat_statements_reset()")
			}
			f, _ := os.Create("/tmp/cpu.prof")
			pprof.StartCPUProfile(f)
			defer pprof.StopCPUProfile()
		}
		pg, self := cpu("postgres"), cpu("suite.test")
		r, err := bench.Run(t.Context(), bench.Config{Over: bench.OverGRPC, Senders: n, Conversations: 1000, GRPC: e.GRPC, REST: e.REST, MQTT: e.MQTT,
			Token: func(user string) (string, error) { return testenv.Token(t, testenv.App, user), nil }, WarmUp: time.Second, Duration: 6 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		n := float64(r.Acknowledged)
		t.Logf("per message: postgres %.0f µs, go %.0f µs", 1000*(cpu("postgres")-pg)/n, 1000*(cpu("suite.test")-self)/n)
		t.Logf("%s %.0f/s p50 %.1f", phase, r.AcknowledgedPerSecond, r.SendToAck.P50)
		if err := r.Err(); err != nil {
			t.Error(err)
		}
	}
}
