package suite_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/palabre/palabre/internal/testenv"
)

const (
	// manyIdle is how many idle connections are measured, and fewIdle how many in the tests.
	manyIdle, fewIdle = 10_000, 2_000
	// maxIdle is what each may cost in KiB.
	maxIdle = 44.0
	// idleAt names the broker for a process of idle clients.
	idleAt = "PALABRE_IDLE_CLIENTS_AT"
)

// idleConnections compares what connections cost that do nothing but be there, with an inbox and acks subscribed to.
func idleConnections(t *testing.T, r *report) {
	bare, ours := idleCost(t, stockBroker(t), manyIdle), idleCost(t, ourBroker(t), manyIdle)
	r.add(row{
		what:   fmt.Sprintf("%d idle connections with two subscriptions, memory of each", manyIdle),
		figure: fmt.Sprintf("%.1f KiB", ours), raw: fmt.Sprintf("mochi as it comes %.1f KiB", bare), ratio: ratio(ours, bare),
		goal: fmt.Sprintf("≤ %.0f KiB", maxIdle), reached: ours <= maxIdle,
	})
}

// idleCost is how much larger this process becomes by each connection, in KiB. The clients are another process.
func idleCost(t *testing.T, b anyBroker, connections int) float64 {
	t.Helper()
	allowFiles(t, connections+1_000)
	before := memoryInUse()
	clients := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIdleClients$", "-test.timeout=10m")
	clients.Env = append(os.Environ(), idleAt+"="+b.address+" "+strconv.Itoa(connections))
	stdin, err := clients.StdinPipe()
	must(t, err)
	stdout, err := clients.StdoutPipe()
	must(t, err)
	must(t, clients.Start())
	defer func() {
		_ = stdin.Close()
		_ = clients.Wait()
	}()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "connected\n" {
		t.Fatalf("the clients say %q, %v", line, err)
	}
	return float64(memoryInUse()-before) / 1024 / float64(connections)
}

// memoryInUse is what the process has from the system for heap and stacks.
func memoryInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// allowFiles lets the process have so many files open, and does without the test where it may not.
func allowFiles(t *testing.T, files int) {
	t.Helper()
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur >= uint64(files) {
		return
	}
	limit.Cur, limit.Max = uint64(files), max(limit.Max, uint64(files))
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Skipf("%d files may not be open: %v", files, err)
	}
}

// TestIdleClients is the process of the clients: they connect, subscribe, and stay until its input ends.
func TestIdleClients(t *testing.T) {
	address, count, asked := strings.Cut(os.Getenv(idleAt), " ")
	if !asked {
		t.Skip("it is started by the tests of idle connections")
	}
	connections, err := strconv.Atoi(count)
	must(t, err)
	allowFiles(t, connections+1_000)
	var open []net.Conn
	for i := range connections {
		name := fmt.Sprint("idle-", i)
		conn, err := net.DialTimeout("tcp", address, testenv.Patience)
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		c := newRawClient(t, conn, name, name, name)
		c.subscribe(t, "chat/user/"+name+"/messages")
		c.subscribe(t, "chat/user/"+name+"/acks")
		open = append(open, conn)
	}
	fmt.Println("connected")
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, conn := range open {
		_ = conn.Close()
	}
}
