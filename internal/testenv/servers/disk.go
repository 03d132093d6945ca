package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// Disk is a small filesystem that a test may fill.
type Disk struct {
	// Path is a directory on it in which anybody may write.
	Path string

	t testing.TB
}

// SmallDisk mounts a filesystem of so many megabytes in memory. It skips the test where nobody may mount: not as root, nor
// by sudo without a password.
func SmallDisk(t testing.TB, megabytes int) *Disk {
	t.Helper()
	// Not t.TempDir, which only the test's own user may enter.
	dir, err := os.MkdirTemp("", "palabre-disk-") //nolint:usetesting // as said
	check(t, err)
	t.Cleanup(func() { _ = os.Remove(dir) })
	check(t, os.Chmod(dir, 0o755))
	if output, err := asRoot("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=1777", megabytes), "tmpfs", dir); err != nil {
		t.Skipf("a disk cannot be filled here, as nobody may mount a small one: %v: %s", err, output)
	}
	t.Cleanup(func() {
		// Lazily: what is open on it is let go of when it ends.
		if output, err := asRoot("umount", "--lazy", dir); err != nil {
			t.Errorf("unmount the small disk: %v: %s", err, output)
		}
	})
	return &Disk{Path: dir, t: t}
}

func asRoot(command ...string) ([]byte, error) {
	if os.Geteuid() != 0 {
		command = append([]string{"sudo", "-n"}, command...)
	}
	return exec.Command(command[0], command[1:]...).CombinedOutput()
}

// Fill takes all the space that is left.
func (d *Disk) Fill() {
	d.t.Helper()
	ballast, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(d.t, err)
	defer ballast.Close()
	page := make([]byte, os.Getpagesize())
	for err == nil {
		_, err = ballast.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("fill the small disk: %v", err)
	}
}

// Free gives back what Fill took.
func (d *Disk) Free() {
	d.t.Helper()
	check(d.t, os.Remove(d.ballast()))
}

func (d *Disk) ballast() string { return d.Path + "/ballast" }

// PostgresOn starts a PostgreSQL server for this test alone, and answers the URL of an empty database of it whose tables
// are on the disk. Its journal is not: a server that cannot write that ends itself, which is another fault.
func PostgresOn(t testing.TB, d *Disk) string {
	t.Helper()
	server := StartPostgres(t)
	tables := d.Path + "/tables"
	check(t, os.Mkdir(tables, 0o700))
	check(t, server.engine.account.own(tables))
	server.engine.create += " TABLESPACE small"
	check(t, server.engine.exec(t.Context(), fmt.Sprintf("CREATE TABLESPACE small LOCATION '%s'", tables)))
	return server.Database(t)
}
