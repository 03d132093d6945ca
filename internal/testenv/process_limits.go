package testenv

import "golang.org/x/sys/unix"

// NoLimit takes a limit off.
const NoLimit = unix.RLIM_INFINITY

// LimitFiles lets no file of the process grow beyond so many bytes. Files that are larger stay as they are.
func (p *Process) LimitFiles(bytes uint64) {
	p.t.Helper()
	limit := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(p.command.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		p.t.Fatal(err)
	}
}
