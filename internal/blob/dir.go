package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Dir keeps bytes in the files of a directory, which processes on several machines may share. It is made when something is
// kept in it.
type Dir struct{ root string }

// NewDir makes a Dir.
func NewDir(root string) *Dir { return &Dir{root} }

// ErrBadKey says that a key is none: a path of letters, digits, - and _.
var ErrBadKey = errors.New("blob: not a key")

// partial is how a file ends that is being written.
const partial = ".part"

// Put keeps all that a reader has. It answers once the bytes would survive a loss of power; until then nothing can be had
// under the key, and when it fails nothing is left of it, unless the process ends: then until Delete.
func (d *Dir) Put(ctx context.Context, key string, r io.Reader) error {
	name, err := fileOf(key)
	if err != nil {
		return err
	}
	root, err := d.open(true)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	if err = write(root, name+partial, heedful{ctx, r}); err == nil {
		err = root.Rename(name+partial, name)
	}
	if err != nil {
		_ = root.Remove(name + partial)
		return fmt.Errorf("blob: %w", err)
	}
	return syncUpwards(root, path.Dir(name))
}

// write writes a file to the disk, and not only to its cache.
func write(root *os.Root, name string, r io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(file, r); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncUpwards writes directories to the disk, so that the file is found in them: they may be as new as it is.
func syncUpwards(root *os.Root, name string) error {
	for {
		folder, err := root.Open(name)
		if err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		if name == "." {
			return nil
		}
		name = path.Dir(name)
	}
}

// Open reads from an offset on. Errors: fs.ErrNotExist.
func (d *Dir) Open(_ context.Context, key string, offset int64) (io.ReadCloser, error) {
	name, err := fileOf(key)
	if err != nil {
		return nil, err
	}
	root, err := d.open(false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	file, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("blob: %w", err), file.Close())
	}
	return file, nil
}

// Delete takes away what is kept, or was begun, under a key; once more changes nothing.
func (d *Dir) Delete(_ context.Context, key string) error {
	name, err := fileOf(key)
	if err != nil {
		return err
	}
	root, err := d.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, file := range []string{name + partial, name} {
		if err := root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("blob: %w", err)
		}
	}
	return nil
}

// open opens the directory, out of which no key leads.
func (d *Dir) open(orMake bool) (*os.Root, error) {
	if orMake {
		if err := os.MkdirAll(d.root, 0o700); err != nil {
			return nil, fmt.Errorf("blob: %w", err)
		}
	}
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return root, nil
}

// fileOf is where the bytes of a key are: spread evenly over 65,536 folders, so that none becomes too large to be listed.
func fileOf(key string) (string, error) {
	if !validKey(key) {
		return "", fmt.Errorf("%w: %q", ErrBadKey, key)
	}
	sum := sha256.Sum256([]byte(key))
	folder, name := path.Split(key)
	return path.Join(folder, hex.EncodeToString(sum[:1]), hex.EncodeToString(sum[1:2]), name), nil
}

func validKey(key string) bool {
	for _, c := range []byte(key) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '/':
		default:
			return false
		}
	}
	return key != "" && path.Clean("/"+key) == "/"+key
}

// heedful ends reading when its context does.
type heedful struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (h heedful) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.r.Read(p)
}
