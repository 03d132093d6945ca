package servers_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/testenv/servers"
)

func TestAProxyPassesOnUntilItIsToldOtherwise(t *testing.T) {
	proxy := servers.Proxy(t, echoes(t))
	wantEcho(t, dial(t, proxy.Addr))

	proxy.Slow(50 * time.Millisecond)
	began := time.Now()
	wantEcho(t, dial(t, proxy.Addr))
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("an echo takes %v through a proxy that delays both ways by 50 ms", took)
	}
	proxy.Heal()
	wantEcho(t, dial(t, proxy.Addr))
}

func TestABlackHoleSwallowsAndSaysNothing(t *testing.T) {
	proxy := servers.Proxy(t, echoes(t))
	early := dial(t, proxy.Addr)
	wantEcho(t, early)
	proxy.BlackHole()
	for name, conn := range map[string]net.Conn{"from before": early, "new": dial(t, proxy.Addr)} {
		if _, err := echo(conn, 200*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection %s answers %v, want nothing", name, err)
		}
	}
	proxy.Heal()
	wantEcho(t, dial(t, proxy.Addr))
}

func TestACutNetworkEndsConnectionsAndRefusesNewOnes(t *testing.T) {
	proxy := servers.Proxy(t, echoes(t))
	early := dial(t, proxy.Addr)
	wantEcho(t, early)
	proxy.Cut()
	if _, err := echo(early, patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection from before answers %v, want its end", err)
	}
	if _, err := net.Dial("tcp", proxy.Addr); err == nil {
		t.Error("a connection is accepted")
	}
	proxy.Heal()
	wantEcho(t, dial(t, proxy.Addr))
}

// echoes is the address of a server that sends back what it is sent.
func echoes(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func echo(conn net.Conn, wait time.Duration) (string, error) {
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte("bonjour")); err != nil {
		return "", err
	}
	answer := make([]byte, len("bonjour"))
	_, err := io.ReadFull(conn, answer)
	return string(answer), err
}

func wantEcho(t *testing.T, conn net.Conn) {
	t.Helper()
	if answer, err := echo(conn, patience); err != nil || answer != "bonjour" {
		t.Fatalf("the echo is %q (%v)", answer, err)
	}
}
