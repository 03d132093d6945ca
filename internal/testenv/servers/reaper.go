package servers

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// reaper is a small process that outlives the test binary: when that ends without having stopped its servers, because it
// panicked or was killed, the reaper kills the server and removes its directory.
type reaper struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

func newReaper(pid int, signal syscall.Signal, dir string) (*reaper, error) {
	// The end of its standard input is the end of the test binary.
	script := `trap "" INT; cat; kill -$1 $0 2>/dev/null; while kill -0 $0 2>/dev/null; do sleep 0.1; done; rm -rf "$2"`
	cmd := exec.Command("/bin/sh", "-c", script, strconv.Itoa(pid), strconv.Itoa(int(signal)), dir)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Ctrl-C does not end it before its work
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &reaper{cmd: cmd, pipe: pipe}, nil
}

// dismiss ends the reaper of a server that ended by itself.
func (r *reaper) dismiss() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
	_ = r.pipe.Close()
}
