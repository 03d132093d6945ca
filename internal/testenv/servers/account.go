package servers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system user a server runs as. PostgreSQL and MariaDB refuse to run as root, Mosquitto leaves it; so tests
// run by root start them as the first of the given users that exists, and tests run by somebody else as that one.
type account struct {
	credential *syscall.Credential // nil: as the test itself
}

func newAccount(names ...string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return account{}, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return account{}, err
		}
		return account{credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, fmt.Errorf("none of the users %v exists", names)
}

func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential, Setpgid: true}
}

// own hands a file or directory to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// directory makes a temporary directory that belongs to the account. The caller removes it.
func (a account) directory(name string) (string, error) {
	// Not t.TempDir: that is in a directory which only the test's own user may enter, and its path may be too long for the
	// Unix socket that MariaDB makes in it.
	dir, err := os.MkdirTemp("", "palabre-"+name+"-")
	if err != nil {
		return "", err
	}
	return dir, a.own(dir)
}

// write makes a file that the account can read.
func (a account) write(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	return a.own(path)
}

// run runs a command to its end as the account.
func (a account) run(dir string, command ...string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, environment(dir)
	cmd.SysProcAttr = a.attributes()
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(command[0]), err, output)
	}
	return nil
}

// environment is that of the test, with a temporary directory in which the server may write.
func environment(dir string) []string { return append(os.Environ(), "TMPDIR="+dir) }

// program returns the path of an installed program, looked for in PATH and in places that are often not in it. Without it
// the test fails rather than being skipped: a check that is skipped where it cannot run is one that cannot fail.
func program(name, aptPackage string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/local/sbin/", "/usr/lib/postgresql/*/bin/", "/opt/homebrew/opt/*/bin/"} {
		// The last match: of several versions of PostgreSQL, the newest.
		if matches, _ := filepath.Glob(pattern + name); len(matches) > 0 {
			return matches[len(matches)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not installed (Debian package %s): run `make test` once, it installs it", name, aptPackage)
}
