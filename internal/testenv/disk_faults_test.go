package testenv_test

import (
	"testing"

	"google.golang.org/grpc/status"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// Nothing is written on a disk that is full, but all that is there is read. What people publish over MQTT meanwhile waits,
// and is stored once there is space again, without anybody's doing.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		database func(*testing.T, *servers.Disk) string
	}{
		{"SQLite", func(_ *testing.T, d *servers.Disk) string { return "sqlite:" + d.Path + "/palabre.db" }},
		{"PostgreSQL", func(t *testing.T, d *servers.Disk) string { return servers.PostgresOn(t, d) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			disk := servers.SmallDisk(t, 64)
			c := testenv.Config(t)
			c.Database.URL = tt.database(t, disk)
			p := testenv.StartProcess(t, c)
			l := startLoad(t, p.Env())

			disk.Fill()
			survivesRefusedWrites(l, p, "No space left on device", "database or disk is full")
			disk.Free()
			l.recovers()
			l.ends()
		})
	}
}

// As a disk that is full, where nobody may mount one: files may not grow.
func TestFilesThatMayNotGrow(t *testing.T) {
	t.Parallel()
	c := testenv.Config(t)
	p := testenv.StartProcess(t, c)
	l := startLoad(t, p.Env())

	p.LimitFiles(1)
	survivesRefusedWrites(l, p, "disk I/O error")
	p.LimitFiles(testenv.NoLimit)
	l.recovers()
	l.ends()
}

// survivesRefusedWrites waits until everybody is told to try again, and looks whether they are told no more than that, reads
// go on, and the operator is told why.
func survivesRefusedWrites(l *load, p *testenv.Process, reasons ...string) {
	l.t.Helper()
	l.isRefused()
	if err := l.lastRefusal(); rpcerr.Reason(err) != rpcv1.ErrorReason_UNAVAILABLE || status.Convert(err).Message() != "The service is out of reach for now. Try again later." {
		l.t.Errorf("a send is answered %v", err)
	}
	if messages := history(l.t, l.bob, l.conversation, "?limit=10"); len(messages) != 10 {
		l.t.Errorf("of the history, %d messages are read", len(messages))
	}
	if !p.Logged(reasons...) {
		l.t.Errorf("the log says none of %q", reasons)
	}
}
