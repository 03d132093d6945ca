package archtest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goMod is what these tests look at of a go.mod.
type goMod struct {
	Require []struct {
		Path, Version string
		Indirect      bool
	}
}

func TestEveryDependencyEarnsItsLine(t *testing.T) {
	text, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readGoMod(t, "../../go.mod").Require {
		name := strings.TrimPrefix(r.Path, "github.com/")
		if last := filepath.Base(name); !r.Indirect && !strings.Contains(string(text), name) && !strings.Contains(string(text), ", "+last) {
			t.Errorf("docs/dependencies.md does not say what %s is for", r.Path)
		}
	}
}

// SQLite is C translated to Go against one version of its C library; another corrupts memory.
func TestSQLiteHasTheCLibraryItWasTranslatedFor(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatal(err)
	}
	wanted := versionIn(t, strings.TrimSpace(string(out)), "modernc.org/libc")
	if got := versionIn(t, "../../go.mod", "modernc.org/libc"); got != wanted {
		t.Errorf("go.mod has modernc.org/libc %s, modernc.org/sqlite asks for %s", got, wanted)
	}
}

func versionIn(t *testing.T, file, module string) string {
	t.Helper()
	for _, r := range readGoMod(t, file).Require {
		if r.Path == module {
			return r.Version
		}
	}
	t.Fatalf("%s does not require %s", file, module)
	return ""
}

func readGoMod(t *testing.T, file string) goMod {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod goMod
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	return mod
}
