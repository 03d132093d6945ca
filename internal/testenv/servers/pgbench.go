package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

var pgbenchRate = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

// Pgbench lets clients run a script again and again on a PostgreSQL database, each statement a transaction, and answers how
// often it was run in a second. It is PostgreSQL's own load generator, in C.
func Pgbench(t testing.TB, url, script string, clients int, duration time.Duration) float64 {
	t.Helper()
	pgbench, err := program("pgbench", "postgresql")
	check(t, err)
	file := filepath.Join(t.TempDir(), "script.sql")
	check(t, os.WriteFile(file, []byte(script), 0o600))
	// Its time runs while the clients connect, of which each takes PostgreSQL some milliseconds to check the password.
	seconds := max(1, int(duration.Round(time.Second).Seconds())) + clients/32
	run := exec.CommandContext(t.Context(), pgbench, "--no-vacuum", "--protocol=prepared", "--file="+file,
		fmt.Sprint("--client=", clients), fmt.Sprint("--jobs=", min(clients, 2)), fmt.Sprint("--time=", seconds), url)
	output, err := run.CombinedOutput()
	found := pgbenchRate.FindSubmatch(output)
	if err != nil || found == nil {
		t.Fatalf("pgbench: %v\n%s", err, output)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	check(t, err)
	return rate
}
