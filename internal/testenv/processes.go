package testenv

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// Process is a palabre of its own, started from the binary.
type Process struct {
	// HTTP, GRPC and MQTT are where it was told to listen.
	HTTP, GRPC, MQTT string

	t       testing.TB
	config  string
	command *exec.Cmd
	output  *transcript
	ended   chan error
}

// binary is built once for all tests of a package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "palabre-test-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "palabre")
	build := exec.Command("go", "build", "-o", file, "./cmd/palabre")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// Binary builds palabre if that has not been done.
func Binary(t testing.TB) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// StartProcess runs a palabre with a configuration on ports that were free, and waits until it answers. An HTTP address with a
// port is kept: somebody was told of it.
func StartProcess(t testing.TB, c app.Config) *Process {
	t.Helper()
	c.GRPC.Addr, c.MQTT.Addr = freeAddr(t), freeAddr(t)
	if strings.HasSuffix(c.HTTP.Addr, ":0") {
		c.HTTP.Addr = freeAddr(t)
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{HTTP: c.HTTP.Addr, GRPC: c.GRPC.Addr, MQTT: c.MQTT.Addr, t: t, config: filepath.Join(t.TempDir(), "palabre.yaml")}
	if err := os.WriteFile(p.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// Env is how clients reach a process that runs everything.
func (p *Process) Env() *Env {
	return &Env{
		REST:               "http://" + p.HTTP,
		GRPC:               p.GRPC,
		MQTT:               "tcp://" + p.MQTT,
		ConversationTopics: true,
		Password:           func(_ testing.TB, _, token string) string { return token },
	}
}

// Start starts the process, again if it was ended, and waits until it says that it is ready.
func (p *Process) Start() {
	p.t.Helper()
	file := Binary(p.t)
	ready := &signalWriter{sign: []byte("is ready"), seen: make(chan struct{})}
	p.output = new(transcript)
	p.command = exec.Command(file, "serve", "--config", p.config)
	p.command.Stdout, p.command.Stderr = ready, p.output
	// Should the test be killed, the process goes with it.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan error, 1)
	go func(command *exec.Cmd, ended chan<- error) { ended <- command.Wait() }(p.command, p.ended)
	select {
	case <-ready.seen:
	case err := <-p.ended:
		p.t.Fatalf("palabre ended: %v\n%s", err, p.output)
	case <-time.After(3 * Patience):
		p.t.Fatalf("palabre is not ready\n%s", p.output)
	}
}

// Command is another sub-command of palabre, such as token, with the configuration of the process.
func (p *Process) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	p.t.Helper()
	return exec.CommandContext(ctx, Binary(p.t), append([]string{name, "--config", p.config}, args...)...)
}

// Stop asks the process to end, and waits until it has.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill ends the process at once.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

func (p *Process) end(signal syscall.Signal) {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Signal(signal)
	select {
	case err := <-p.ended:
		if signal == syscall.SIGTERM && err != nil {
			p.t.Errorf("palabre ended with %v\n%s", err, p.output)
		}
	case <-time.After(3 * Patience):
		_ = p.command.Process.Kill()
		p.t.Errorf("palabre did not end\n%s", p.output)
	}
	p.command = nil
}

// Logged says whether the process has logged one of the texts since it was started.
func (p *Process) Logged(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(p.output.String(), text) })
}

// transcript is what a process wrote so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it.
func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// String is all of it.
func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// signalWriter tells when a sign was written.
type signalWriter struct {
	sign []byte
	seen chan struct{}
	text []byte
}

// Write looks for the sign.
func (w *signalWriter) Write(p []byte) (int, error) {
	before := bytes.Contains(w.text, w.sign)
	w.text = append(w.text, p...)
	if !before && bytes.Contains(w.text, w.sign) {
		close(w.seen)
	}
	return len(p), nil
}

// freeAddr answers an address that nobody listens on now.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// StartSplit runs each role as a process of its own, on one database, and answers how clients reach the whole. The
// configuration is that of all.
func StartSplit(t testing.TB, c app.Config) (*Env, map[app.Role]*Process) {
	t.Helper()
	processes := map[app.Role]*Process{}
	c.Services = map[app.Role]string{}
	start := func(name app.Role, roles ...app.Role) {
		c.Run = roles
		c.DataDir = t.TempDir()
		processes[name] = StartProcess(t, c)
	}
	for _, role := range []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat} {
		start(role, role)
		c.Services[role] = processes[role].GRPC
	}
	start("gateways", app.RoleMQTT, app.RoleHTTP)
	gateways := processes["gateways"]
	env := &Env{
		REST:               "http://" + gateways.HTTP,
		GRPC:               processes[app.RoleChat].GRPC,
		MQTT:               "tcp://" + gateways.MQTT,
		ConversationTopics: true,
		Password:           func(_ testing.TB, _, token string) string { return token },
	}
	env.AwaitReady(t)
	return env, processes
}

// StartReplicas runs two processes of each role on one database and one broker, those of a role behind one address, and
// answers how clients reach the whole, and the first of each role. The configuration, which names the broker, is that of all.
func StartReplicas(t testing.TB, c app.Config) (*Env, map[app.Role]*Process) {
	t.Helper()
	first := map[app.Role]*Process{}
	c.Services = map[app.Role]string{}
	start := func(name app.Role, roles ...app.Role) (grpc, http string) {
		c.Run = roles
		var two [2]*Process
		for i := range two {
			c.DataDir = t.TempDir()
			two[i] = StartProcess(t, c)
		}
		first[name] = two[0]
		return servers.Balance(t, two[0].GRPC, two[1].GRPC), servers.Balance(t, two[0].HTTP, two[1].HTTP)
	}
	for _, role := range []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat} {
		c.Services[role], _ = start(role, role)
	}
	_, rest := start("gateways", app.RoleMQTT, app.RoleHTTP)
	env := &Env{REST: "http://" + rest, GRPC: c.Services[app.RoleChat]}
	env.AwaitReady(t)
	return env, first
}

// AwaitReady waits until /readyz says so.
func (e *Env) AwaitReady(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.REST+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("%s is not ready: %v", e.REST, err)
		}
	}
}
