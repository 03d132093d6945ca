package servers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Pause stops all processes of the server where they are, as a machine that is frozen or swaps: connections stay, and
// nothing is answered on them. The test's end resumes it.
func (s *DatabaseServer) Pause() {
	s.t.Helper()
	s.t.Cleanup(func() { _ = s.engine.resume() })
	check(s.t, s.engine.pause())
}

// Resume lets a paused server go on.
func (s *DatabaseServer) Resume() {
	s.t.Helper()
	check(s.t, s.engine.resume())
}

// pause stops the process and its children: PostgreSQL has one for each connection, in groups of their own. The parent comes
// first, and once it is stopped there are no new ones.
func (p *process) pause() error {
	if err := freeze(p.cmd.Process.Pid); err != nil {
		return fmt.Errorf("pause %s: %w", p.name, err)
	}
	children, err := childrenOf(p.cmd.Process.Pid)
	for _, child := range children {
		if failed := freeze(child); failed != nil && !errors.Is(failed, syscall.ESRCH) {
			return fmt.Errorf("pause %s: %w", p.name, failed)
		}
	}
	return err
}

func (p *process) resume() error {
	children, err := childrenOf(p.cmd.Process.Pid)
	for _, child := range append(children, p.cmd.Process.Pid) {
		_ = syscall.Kill(child, syscall.SIGCONT) // an error means that it ended
	}
	return err
}

// freezeTime is how long a process may take to stop. One that writes to a disk finishes that before.
const freezeTime = 10 * time.Second

// freeze stops a process, and returns when none of its threads runs: the signal reaches them one after the other, and meanwhile a
// server may still answer.
func freeze(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for began := time.Now(); time.Since(began) < freezeTime; <-poll.C {
		if isFrozen(pid) {
			return nil
		}
	}
	return fmt.Errorf("process %d still runs %s after SIGSTOP", pid, freezeTime)
}

// isFrozen says that all threads of a process are stopped, or have ended.
func isFrozen(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // of a pattern that is well-formed
	return !slices.ContainsFunc(threads, func(file string) bool {
		text, err := os.ReadFile(file)
		_, state, found := bytes.Cut(text, []byte(") ")) // After the name comes the state.
		return err == nil && found && !bytes.ContainsAny(state[:1], "TtXZ")
	})
}

// childrenOf reads the children of all threads of a process from /proc.
func childrenOf(pid int) ([]int, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	var children []int
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			children = append(children, child)
		}
	}
	return children, nil
}
