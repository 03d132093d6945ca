package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	// How long to wait before another attempt to connect to a server that is starting.
	pollInterval = 10 * time.Millisecond
)

// process is a server program that can be started again after it ended. It is not safe for concurrent use.
type process struct {
	name    string
	command []string
	account account
	dir     string // its working directory; logs are here
	// ready connects to the server and returns nil once it serves.
	ready func(context.Context) error
	// stopSignal asks it to end in an orderly way, killSignal to end at once, with all its processes.
	stopSignal, killSignal syscall.Signal

	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd ended
}

// start returns when the server serves. A server that ends before is started again until startTimeout, because what a
// killed one left behind (its port, shared memory) may take a moment to be released.
func (p *process) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		if err := p.launch(); err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
		err := p.awaitReady(ctx)
		if err == nil {
			return nil
		}
		p.signal(p.killSignal)
		p.awaitEnd(stopTimeout)
		if !errors.Is(err, errEnded) || ctx.Err() != nil || !p.mayRetry() {
			return fmt.Errorf("start %s: %w\n%s", p.name, err, p.log())
		}
	}
}

var errEnded = errors.New("it ended before it was ready")

func (p *process) launch() error {
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own handle

	p.cmd = exec.Command(p.command[0], p.command[1:]...)
	p.cmd.Dir, p.cmd.Env = p.dir, environment(p.dir)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = p.account.attributes()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	reaper, err := newReaper(p.cmd.Process.Pid, p.killSignal, p.dir)
	if err != nil {
		_ = p.cmd.Process.Kill()
		return errors.Join(err, p.cmd.Wait())
	}
	p.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // how it ended is in its log
		reaper.dismiss()
		close(ended)
	}(p.cmd, p.ended)
	return nil
}

func (p *process) awaitReady(ctx context.Context) error {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("not ready after %v: %w", startTimeout, err)
		case <-poll.C:
		}
	}
}

// mayRetry tells by its log whether a server that failed to start may do better in a moment.
func (p *process) mayRetry() bool {
	log := strings.ToLower(p.log())
	return strings.Contains(log, "address already in use") || strings.Contains(log, "still in use")
}

// stop ends the server in an orderly way; it does nothing when the server is not running.
func (p *process) stop() error {
	return p.end(p.stopSignal)
}

// kill ends the server without letting it do anything more.
func (p *process) kill() error {
	return p.end(p.killSignal)
}

func (p *process) end(signal syscall.Signal) error {
	if !p.running() {
		return nil
	}
	p.signal(signal)
	if p.awaitEnd(stopTimeout) {
		return nil
	}
	p.signal(syscall.SIGKILL)
	p.awaitEnd(stopTimeout)
	return fmt.Errorf("%s did not end within %v of %v\n%s", p.name, stopTimeout, signal, p.log())
}

func (p *process) running() bool {
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) signal(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal) // an error means that it ended
}

func (p *process) awaitEnd(timeout time.Duration) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		return false
	}
}

func (p *process) logFile() string { return p.dir + "/" + p.name + ".log" }

// log returns what the server wrote since it was last started.
func (p *process) log() string {
	text, err := os.ReadFile(p.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text)
}
