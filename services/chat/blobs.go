package chat

import (
	"context"
	"io"
)

// Blobs keeps bytes under keys, each of which is written once. Keys are paths of letters, digits, - and _. All methods may be
// called at once, by several processes.
type Blobs interface {
	// Put keeps all that a reader has, and answers once it is durable. When it fails nothing can be had under the key, which
	// still has to be deleted.
	Put(ctx context.Context, key string, r io.Reader) error

	// Open reads from an offset on. Errors: fs.ErrNotExist.
	Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error)

	// Delete takes away what is kept, or was begun, under a key; once more changes nothing.
	Delete(ctx context.Context, key string) error
}
