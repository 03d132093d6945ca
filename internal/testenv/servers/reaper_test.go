package servers_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/testenv/servers"
)

// In the environment of a test binary that TestAKilledTestBinaryLeavesNoServerBehind starts and kills.
const toBeKilled = "PALABRE_TEST_TO_BE_KILLED"

func TestAKilledTestBinaryLeavesNoServerBehind(t *testing.T) {
	if os.Getenv(toBeKilled) != "" {
		startEverythingAndWait(t)
	}
	temp := shortTempDir(t)
	binary := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	binary.Env = append(os.Environ(), toBeKilled+"=1", "TMPDIR="+temp)
	output, err := binary.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := binary.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "started\n" {
		t.Fatalf("the test binary says %q (%v), want that its servers started", line, err)
	}
	if started, _ := filepath.Glob(temp + "/palabre-*"); len(started) != 3 {
		t.Fatalf("there are %v, want a directory for each server", started)
	}

	_ = binary.Process.Kill()
	_ = binary.Wait()
	awaitEmpty(t, temp)
}

// startEverythingAndWait never returns.
func startEverythingAndWait(t *testing.T) {
	t.Helper()
	servers.Postgres(t)
	servers.MariaDB(t)
	servers.Mosquitto(t, servers.MosquittoConfig{})
	_, _ = os.Stdout.WriteString("started\n")
	select {}
}

// shortTempDir is a temporary directory which every user may enter, with a path short enough for Unix sockets.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "reaper") //nolint:usetesting // t.TempDir is neither
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func awaitEmpty(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("%v is still there", left)
		}
	}
}
