package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"
)

// DatabaseServer is a PostgreSQL or MariaDB server of one test. Its methods fail that test when they cannot do what they
// say; those without a testing.TB are to be called from the goroutine of the test that started the server.
type DatabaseServer struct {
	t      testing.TB
	engine *engine
}

// engine is a server program and how to talk to it.
type engine struct {
	*process
	// url of one of its databases, with a user who may do everything.
	url func(database string) string
	// exec runs a statement outside of any database of a test.
	exec func(ctx context.Context, statement string) error
	// create and drop are statements with a %s for the name of a database.
	create, drop string
}

const statementTimeout = 30 * time.Second

// newDatabase creates an empty database and returns its name.
func (e *engine) newDatabase() (string, error) {
	name := "test_" + strings.ToLower(rand.Text())
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	return name, e.exec(ctx, fmt.Sprintf(e.create, name))
}

func (e *engine) dropDatabase(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	return e.exec(ctx, fmt.Sprintf(e.drop, name))
}

// started starts a server that lives as long as the test binary; its reaper ends it.
func started(newEngine func() (*engine, error)) (*engine, error) {
	engine, err := newEngine()
	if err != nil {
		return nil, err
	}
	return engine, engine.start()
}

// sharedDatabase returns the URL of an empty database that is dropped when the test is over.
func sharedDatabase(t testing.TB, shared func() (*engine, error)) string {
	t.Helper()
	engine, err := shared()
	check(t, err)
	name, err := engine.newDatabase()
	check(t, err)
	t.Cleanup(func() {
		if err := engine.dropDatabase(name); err != nil {
			t.Errorf("drop database of the test: %v", err)
		}
	})
	return engine.url(name)
}

// startForTest starts a server that the test may stop and kill.
func startForTest(t testing.TB, newEngine func() (*engine, error)) *DatabaseServer {
	t.Helper()
	engine, err := newEngine()
	check(t, err)
	cleanUp(t, engine.process)
	check(t, engine.start())
	return &DatabaseServer{t: t, engine: engine}
}

// Database returns the URL of an empty database on the server.
func (s *DatabaseServer) Database(t testing.TB) string {
	t.Helper()
	name, err := s.engine.newDatabase()
	check(t, err)
	return s.engine.url(name)
}

// Stop ends the server in an orderly way, without waiting for its clients to leave.
func (s *DatabaseServer) Stop() {
	s.t.Helper()
	check(s.t, s.engine.stop())
}

// Kill ends the server at once, as a crash would. What was committed is there again after Start.
func (s *DatabaseServer) Kill() {
	s.t.Helper()
	check(s.t, s.engine.kill())
}

// Start starts the server again after Stop or Kill, at the same address.
func (s *DatabaseServer) Start() {
	s.t.Helper()
	check(s.t, s.engine.start())
}

// Restart is Stop and Start.
func (s *DatabaseServer) Restart() {
	s.t.Helper()
	s.Stop()
	s.Start()
}
