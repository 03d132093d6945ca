package permission_test

import (
	"flag"
	"os"
	"testing"

	"github.com/palabre/palabre/services/chat/permission"
)

var update = flag.Bool("update", false, "write docs/permissions.md")

const path = "../../../docs/permissions.md"

func TestTheDocumentIsWhatTheTablesSay(t *testing.T) {
	want := permission.Document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: make generate writes it", path)
	}
}
