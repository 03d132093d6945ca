package servers

import (
	"os"
	"strings"
	"testing"
)

// cleanUp ends a server and removes its directory when the test is over. What it logged is shown when the test failed.
func cleanUp(t testing.TB, p *process) {
	t.Helper()
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("%s logged at last:\n%s", p.name, lastLines(p.log(), 60))
		}
		if err := os.RemoveAll(p.dir); err != nil {
			t.Error(err)
		}
	})
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
