package servers

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Pause stops all processes of the server where they are, as a machine that is frozen or swaps: connections stay, and
// nothing is answered on them. The test's end resumes it.
func (s *DatabaseServer) Pause() {
	s.t.Helper()
	s.t.Cleanup(func() { _ = s.engine.signalAll(syscall.SIGCONT) })
	check(s.t, s.engine.signalAll(syscall.SIGSTOP))
}

// Resume lets a paused server go on.
func (s *DatabaseServer) Resume() {
	s.t.Helper()
	check(s.t, s.engine.signalAll(syscall.SIGCONT))
}

// signalAll signals the process and its children: PostgreSQL has one for each connection, in groups of their own. The
// parent comes first, and once it is stopped there are no new ones.
func (p *process) signalAll(signal syscall.Signal) error {
	parent := p.cmd.Process.Pid
	if err := syscall.Kill(parent, signal); err != nil {
		return fmt.Errorf("%v to %s: %w", signal, p.name, err)
	}
	children, err := childrenOf(parent)
	if err != nil {
		return err
	}
	for _, child := range children {
		_ = syscall.Kill(child, signal) // an error means that it ended
	}
	return nil
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
