package database

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// checkpointEvery is how often the log of SQLite is brought into its file.
const checkpointEvery = 4 * time.Second

// checkpoints bring what is committed from SQLite's log into its file, beside the commits. By itself SQLite does it within the
// commit that finds 1,000 pages in the log, which is every hundred messages or so, and that one takes as long as many others.
// It still does beyond longestLog, when this cannot keep up, and then the log begins anew.
type checkpoints struct {
	end     context.CancelFunc
	running sync.WaitGroup
}

// longestLog is how many pages of 4 KiB the log may have before a commit brings it into the file.
const longestLog = "8000"

func startCheckpoints(pool *sql.DB) *checkpoints {
	ctx, cancel := context.WithCancel(context.Background())
	c := &checkpoints{end: cancel}
	c.running.Go(func() {
		ticker := time.NewTicker(checkpointEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				// It fails while another process does the same, or on a disk that fails, which the commits will tell of.
				_, _ = pool.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(PASSIVE)")
			case <-ctx.Done():
				return
			}
		}
	})
	return c
}

// stop returns when nothing runs any more.
func (c *checkpoints) stop() {
	c.end()
	c.running.Wait()
}
