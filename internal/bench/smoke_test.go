package bench_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

func TestNothingIsLostDoubledOrOutOfOrder(t *testing.T) {
	server := testenv.StartProcess(t, testenv.Config(t))
	for name, c := range map[string]struct {
		arguments []string
		receivers int64
	}{
		"over grpc, by the history":     {[]string{"--over=grpc", "--senders=4", "--receivers=0"}, 0},
		"over grpc, on streams":         {[]string{"--over=grpc", "--stream", "--senders=4"}, 1},
		"over grpc, by a back end":      {[]string{"--over=grpc", "--back-end", "--senders=4", "--connections=2"}, 1},
		"over mqtt, in pairs":           {[]string{"--over=mqtt", "--senders=4"}, 1},
		"over mqtt, in a group":         {[]string{"--over=mqtt", "--senders=3", "--conversations=1", "--receivers=5"}, 5},
		"over mqtt, at a rate":          {[]string{"--over=mqtt", "--senders=2", "--rate=20"}, 1},
		"over grpc, one sends to many":  {[]string{"--over=grpc", "--senders=1", "--conversations=3", "--receivers=2"}, 2},
		"over rest, pages of a history": {[]string{"--over=rest", "--senders=4", "--conversations=2", "--messages=70"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			result := measure(t, server, c.arguments...)
			if err := result.Err(); err != nil || len(result.Errors) > 0 {
				t.Fatalf("%v: %+v", err, result)
			}
			if result.Received != c.receivers*result.Acknowledged {
				t.Errorf("%d were acknowledged, and %d received by %d receivers each", result.Acknowledged, result.Received, c.receivers)
			}
			if l := result.SendToAck; l.Count == 0 || l.P50 <= 0 || l.P50 > l.P95 || l.P95 > l.P99 || l.P99 > l.Max {
				t.Errorf("the times are %+v", l)
			}
		})
	}
}

// measure runs `palabre bench` for a moment.
func measure(t *testing.T, server *testenv.Process, arguments ...string) *bench.Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "result.json")
	command := server.Command(t.Context(), "bench", append(arguments, "--app="+testenv.App, "--duration=700ms", "--warm-up=0s", "--json="+file)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return readResult(t, file)
}

func readResult(t *testing.T, file string) *bench.Result {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	result := new(bench.Result)
	if err := json.Unmarshal(text, result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAnInterruptShowsWhatWasMeasured(t *testing.T) {
	server := testenv.StartProcess(t, testenv.Config(t))
	file := filepath.Join(t.TempDir(), "result.json")
	command := server.Command(t.Context(), "bench", "--app="+testenv.App, "--duration=1h", "--warm-up=0s", "--json="+file)
	out := new(strings.Builder)
	command.Stdout = out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	awaitMessage(t, server)
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	result := readResult(t, file)
	if !result.Interrupted || result.Acknowledged == 0 || result.Seconds > 60 {
		t.Errorf("the result is %+v", result)
	}
	if !strings.Contains(out.String(), "interrupted") || !strings.Contains(out.String(), "send → receive") {
		t.Errorf("the table is\n%s", out)
	}
}

var sent = regexp.MustCompile(`_count{method="[^"]*/SendMessage"[^}]*} [1-9]`)

// awaitMessage waits until something was sent.
func awaitMessage(t *testing.T, server *testenv.Process) {
	t.Helper()
	env := server.Env()
	for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if sent.Match(env.Back(t, "GET", "/metrics", nil).Body) {
			return
		}
	}
	t.Fatal("nothing was sent")
}
