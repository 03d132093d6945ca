package screen_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/screen"
)

// Floors of the corpus. The known limits among it keep it below 1.
const (
	leastPrecision = 0.98
	leastRecall    = 0.95
)

// corpusRules are the rules that testdata/corpus.tsv is judged by.
var corpusRules = screen.Rules{
	Words: []screen.Entries{{Rule: "words", Entries: []string{
		"con", "connard", "connasse", "abruti", "merde", "salope", "débile", "crétin", "putain", "pute", "enculé", "bouffon",
		"asshole", "shit", "idiot", "bitch", "crap", "damn", "bastard", "moron", "va te faire voir", "ta gueule", "shut up", "ferme-la",
		"niqu*", "*tard", "*foutr*", "笨蛋", "ばか",
	}}},
	Allow:      []string{"con carne", "tard", "retard", "bâtard", "bouffon du roi"},
	URLs:       []screen.Limit{{Rule: "urls", Limit: 2}},
	Repetition: []screen.Share{{Rule: "repetition", Share: 0.6}},
}

func TestCorpus(t *testing.T) {
	set, problems := screen.Compile(corpusRules)
	if len(problems) > 0 {
		t.Fatalf("the rules have problems: %v", problems)
	}
	var right, wrong, missed, innocent int
	for _, c := range readCorpus(t) {
		got := categories(set.Screen(c.text))
		switch {
		case got == c.want && got == "ok":
			innocent++
		case got == c.want:
			right++
		case c.want == "ok":
			wrong++
			t.Logf("%q hits %s", c.text, got)
		default:
			missed++
			t.Logf("%q is %s, not %s", c.text, got, c.want)
		}
	}
	precision, recall := share(right, wrong), share(right, missed)
	t.Logf("%d cases: precision %.3f, recall %.3f", right+wrong+missed+innocent, precision, recall)
	if precision < leastPrecision || recall < leastRecall {
		t.Errorf("precision %.3f and recall %.3f are below %.2f and %.2f", precision, recall, leastPrecision, leastRecall)
	}
}

func share(part, rest int) float64 { return float64(part) / float64(part+rest) }

// labelled is a text and what it is.
type labelled struct{ want, text string }

func readCorpus(t *testing.T) []labelled {
	t.Helper()
	file, err := os.Open("testdata/corpus.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []labelled
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		want, text, ok := strings.Cut(lines.Text(), "\t")
		if ok {
			all = append(all, labelled{want, strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(text)})
		}
	}
	if len(all) < 500 {
		t.Fatalf("only %d cases are read", len(all))
	}
	return all
}

// categories answers what a text hits, "ok" for nothing.
func categories(hits []screen.Hit) string {
	var names []string
	for _, h := range hits {
		if len(names) == 0 || names[len(names)-1] != string(h.Category) {
			names = append(names, string(h.Category))
		}
	}
	if names == nil {
		return "ok"
	}
	return strings.Join(names, "+")
}
