package archtest_test

import (
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/palabre/palabre/"

// rules say what of ours the packages that a pattern matches may import, in patterns as well. `…` stands for any rest.
// The first rule whose pattern matches counts. Tests are free.
var rules = []struct {
	importer string
	may      []string
}{
	{"gen/…", []string{"gen/…"}},
	{"gen", nil},
	{"ent/…", []string{"ent…"}},
	{"ent", []string{"ent…"}},

	{"services/*/entstore", []string{"ent…", "gen/…", "internal/database", "internal/outbox", "SELF/.."}},
	{"services/*/storetest", []string{"gen/…", "SELF/.."}},
	{"services/moderation/fold/gen", []string{"services/moderation/fold"}},
	{"services/moderation/fold", nil},
	{"services/moderation/links", []string{"services/moderation/fold"}},
	{"services/moderation/spam", []string{"services/moderation/fold"}},
	{"services/moderation/match", []string{"services/moderation/fold", "services/moderation/links"}},
	{"services/moderation/screen", []string{
		"services/moderation/fold", "services/moderation/links", "services/moderation/match", "services/moderation/spam",
	}},
	{"services/*/*", []string{"gen/…", "internal/auth", "internal/rpcerr"}},
	{"services/*", []string{"gen/…", "internal/auth", "internal/rpcerr", "internal/outbox", "internal/flood", "internal/presence", "SELF/…"}},

	{"gateway/mqtt/topic", nil},
	{"gateway/mqtt/access", []string{"internal/auth", "gateway/mqtt/topic"}},
	{"gateway/mqtt/mqtttest", []string{"gen/…"}},
	{"gateway/mqtt/dynsec", []string{"internal/auth", "gateway/mqtt/topic"}},
	{"gateway/mqtt", []string{
		"gen/…", "internal/auth", "internal/backoff", "internal/jsonpb", "internal/lanes", "internal/lease", "internal/rpcerr",
		"gateway/mqtt/topic", "gateway/mqtt/dynsec",
	}},
	{"gateway/webhook", []string{
		"gen/…", "internal/auth", "internal/backoff", "internal/jsonpb", "internal/lanes", "internal/lease", "internal/rpcerr",
	}},
	{"gateway/brokerauth", []string{"internal/auth", "gateway/mqtt/access", "gateway/mqtt/topic"}},
	{"gateway/http", []string{"gen…", "internal/auth", "internal/jsonpb", "internal/rpcerr"}},

	{"internal/app", []string{"…"}},
	{"internal/testenv/servers", []string{"deploy/…"}},
	{"internal/testenv", []string{"…"}},
	{"internal/broker", []string{"gen/…", "internal/auth", "internal/jsonpb", "internal/rpcerr", "gateway/mqtt/access", "gateway/mqtt/topic"}},
	{"internal/rpc", []string{"gen/…", "internal/auth", "internal/rpcerr"}},
	{"internal/rpcerr", []string{"gen/…"}},
	{"internal/bench", []string{"gen/…", "internal/rpcerr"}},
	{"internal/bench/suite", nil},
	{"internal/database", []string{"ent…"}},
	{"internal/flood", []string{"internal/valkey"}},
	{"internal/presence", []string{"internal/valkey"}},
	{"internal/valkey", nil},
	{"internal/lease", []string{"gen/…", "internal/auth"}},
	{"internal/lanes", nil},
	{"internal/backoff", nil},
	{"internal/auth", nil},
	{"internal/blob", nil},
	{"internal/jsonpb", nil},
	{"internal/outbox", nil},
	{"internal/archtest", nil},

	{"deploy/…", nil},
	{"cmd/…", []string{"internal/app", "internal/bench", "internal/database"}},
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	for importer, imports := range packages(t) {
		may, ruled := ruleFor(importer)
		if !ruled {
			t.Errorf("no rule says what %s may import: give it one here and in docs/architecture.md", importer)
			continue
		}
		for _, imported := range imports {
			if !allowed(importer, imported, may) {
				t.Errorf("%s must not import %s", importer, imported)
			}
		}
	}
}

func TestNoPackageIsADrawer(t *testing.T) {
	for name := range packages(t) {
		switch path.Base(name) {
		case "util", "utils", "common", "helpers", "misc", "shared":
			t.Errorf("%s: name it after what it holds", name)
		}
	}
}

// packages answers what of ours each package imports.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		importer := strings.TrimPrefix(names[0], module)
		all[importer] = nil
		for _, imported := range names[1:] {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				all[importer] = append(all[importer], ours)
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages are listed", len(all))
	}
	return all
}

func ruleFor(importer string) ([]string, bool) {
	for _, r := range rules {
		if matches(r.importer, importer) {
			return r.may, true
		}
	}
	return nil, false
}

func allowed(importer, imported string, may []string) bool {
	for _, pattern := range may {
		pattern = strings.ReplaceAll(pattern, "SELF/..", path.Dir(importer))
		pattern = strings.ReplaceAll(pattern, "SELF", importer)
		if matches(pattern, imported) {
			return true
		}
	}
	return false
}

// matches compares a package with a pattern: `*` is one level, `…` at the end any rest.
func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "…"); ok {
		return strings.HasPrefix(name, prefix)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
