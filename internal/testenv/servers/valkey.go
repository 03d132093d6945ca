package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// ValkeyServer is a Valkey, or Redis, of one test. Its methods fail that test when they cannot do what they say, and are to
// be called from the test's own goroutine.
type ValkeyServer struct {
	// URL is redis://:password@127.0.0.1:port; it stays the same when the server is started again.
	URL string

	t       testing.TB
	process *process
}

// Valkey starts a Valkey, or Redis where there is none, that serves until the test is over. It keeps nothing on disk.
func Valkey(t testing.TB) *ValkeyServer {
	t.Helper()
	server, err := newValkey()
	check(t, err)
	server.t = t
	cleanUp(t, server.process)
	check(t, server.process.start())
	return server
}

func newValkey() (*ValkeyServer, error) {
	path, err := program("valkey-server", "valkey-server")
	if err != nil {
		if path, err = program("redis-server", "redis-server"); err != nil {
			return nil, err
		}
	}
	account, err := newAccount("valkey", "redis", "nobody")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := account.directory("valkey")
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	// Not on the command line, which the whole machine can read.
	if err := account.write(dir+"/valkey.conf", []byte("requirepass "+password+"\n")); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	server := &ValkeyServer{URL: "redis://:" + password + "@" + loopback(port)}
	server.process = &process{
		name: "valkey", account: account, dir: dir,
		command: []string{
			path, dir + "/valkey.conf", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
			"--save", "", "--appendonly", "no",
		},
		ready:      server.ready,
		stopSignal: syscall.SIGTERM, killSignal: syscall.SIGKILL,
	}
	return server, nil
}

func (s *ValkeyServer) ready(ctx context.Context) error {
	options, err := redis.ParseURL(s.URL)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()
	return client.Ping(ctx).Err()
}

// Pause makes the server hold its answers back, as one does that is overloaded, until Resume.
func (s *ValkeyServer) Pause() {
	s.t.Helper()
	check(s.t, s.process.pause())
}

// Resume ends a Pause.
func (s *ValkeyServer) Resume() {
	s.t.Helper()
	check(s.t, s.process.resume())
}

// Kill ends the server at once. It has lost everything after Start.
func (s *ValkeyServer) Kill() {
	s.t.Helper()
	check(s.t, s.process.kill())
}

// Start starts the server again after Kill, at the same address.
func (s *ValkeyServer) Start() {
	s.t.Helper()
	check(s.t, s.process.start())
}
