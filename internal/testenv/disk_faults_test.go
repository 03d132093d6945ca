package testenv_test

import (
	"net/http"
	"testing"

	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// Nothing is written on a disk that is full, but all that is there is read. What people publish over MQTT meanwhile waits,
// and is stored once there is space again, without anybody's doing.
func TestADiskThatIsFull(t *testing.T) {
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
			l.Ends()
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
	l.Ends()
}

// survivesRefusedWrites waits until everybody is told to try again, and looks whether reads go on, and whether the operator
// is told why.
func survivesRefusedWrites(l *load, p *testenv.Process, reasons ...string) {
	l.t.Helper()
	l.isRefused()
	before := l.sent()
	if messages := history(l.t, l.bob, l.conversation, "?limit=10"); len(messages) != 10 {
		l.t.Errorf("of the history, %d messages are read", len(messages))
	}
	answer := l.alice.Calls(http.MethodPost, "/api/chat/conversations", map[string]any{
		"type": "group", "title": "Une de trop", "participants": []any{map[string]any{"userId": "bob"}},
	})
	if answer.Status != http.StatusServiceUnavailable || answer.Reason(l.t) != "UNAVAILABLE" {
		l.t.Errorf("a new group is answered HTTP %d: %s", answer.Status, answer.Body)
	}
	if after := l.sent(); after != before {
		l.t.Errorf("%d messages were acknowledged that there was no room for", after-before)
	}
	if !p.Logged(reasons...) {
		l.t.Errorf("the log says none of %q", reasons)
	}
}
