package blob_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/palabre/palabre/internal/blob"
)

const key = "geosector/0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"

func TestBytesAreHadAsTheyWereKept(t *testing.T) {
	d := blob.NewDir(filepath.Join(t.TempDir(), "attachments"))
	must(t, d.Put(t.Context(), key, strings.NewReader("0123456789")))
	for offset, want := range map[int64]string{0: "0123456789", 7: "789", 10: "", 11: ""} {
		if got := read(t, d, offset); got != want {
			t.Errorf("from %d on it is %q, want %q", offset, got, want)
		}
	}
}

func TestWhatIsDeletedIsGone(t *testing.T) {
	root := t.TempDir()
	d := blob.NewDir(root)
	must(t, d.Put(t.Context(), key, strings.NewReader("x")))
	must(t, d.Delete(t.Context(), key))
	must(t, d.Delete(t.Context(), key))
	if _, err := d.Open(t.Context(), key, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
	if left := files(t, root); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
	must(t, blob.NewDir(filepath.Join(root, "not made yet")).Delete(t.Context(), key))
}

func TestWhatBreaksOffLeavesNothing(t *testing.T) {
	root := t.TempDir()
	d := blob.NewDir(root)
	broken := errors.New("broken")
	if err := d.Put(t.Context(), key, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := d.Put(ended, key, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if left := files(t, root); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
}

// A process that ends while it writes leaves a file that nobody reads, and Delete takes away.
func TestWhatWasBegunIsDeletedToo(t *testing.T) {
	root := t.TempDir()
	d := blob.NewDir(root)
	must(t, d.Put(t.Context(), key, strings.NewReader("x")))
	written := files(t, root)[0]
	must(t, os.Rename(written, written+".part"))
	if _, err := d.Open(t.Context(), key, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file is had: %v", err)
	}
	must(t, d.Delete(t.Context(), key))
	if left := files(t, root); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
}

func TestNoKeyLeadsOut(t *testing.T) {
	d := blob.NewDir(t.TempDir())
	for _, bad := range []string{"", "/", "..", "../x", "a/../x", "a//b", "/a", "a/", "a.b", "a b", "a\x00", `a\b`} {
		if err := d.Put(t.Context(), bad, strings.NewReader("x")); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("%q is kept: %v", bad, err)
		}
	}
}

func read(t *testing.T, d *blob.Dir, offset int64) string {
	t.Helper()
	r, err := d.Open(t.Context(), key, offset)
	must(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	must(t, err)
	return string(got)
}

// files are all files below a directory.
func files(t *testing.T, root string) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			list = append(list, name)
		}
		return err
	}))
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
