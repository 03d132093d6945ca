package screen_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
	"github.com/palabre/palabre/services/moderation/match"
	"github.com/palabre/palabre/services/moderation/spam"
)

// examples answers the rows of the table of docs/moderation.md that follows a comment with a name.
func examples(t *testing.T, name string) [][]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/moderation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "<!-- "+name+":")
	var rows [][]string
	for i, line := range strings.Split(after, "\n")[1:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		if i > 1 {
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("docs/moderation.md has no examples of %s", name)
	}
	return rows
}

func TestTheExamplesOfWordsHold(t *testing.T) {
	for _, row := range examples(t, "words") {
		entry, text, want := row[0], row[1], row[2]
		var found []string
		for _, h := range match.New([]string{entry}, nil).Find(text) {
			found = append(found, string([]rune(text)[h.Start:h.End])+": "+h.Reading.String())
		}
		if got := strings.Join(found, ", "); got != want {
			t.Errorf("%s in %q: %q, not %q", entry, text, got, want)
		}
	}
}

func TestTheExamplesOfLinksHold(t *testing.T) {
	for _, row := range examples(t, "links") {
		n := 0
		for _, l := range links.Find(fold.New(row[0])) {
			if l.Kind != links.Email {
				n++
			}
		}
		if got := fmt.Sprint(n); got != row[1] {
			t.Errorf("%q has %s links, not %s", row[0], got, row[1])
		}
	}
}

func TestTheExamplesOfRepeatsHold(t *testing.T) {
	for _, row := range examples(t, "repeats") {
		first, _ := spam.Fingerprint(fold.New(row[0]))
		again, _ := spam.Fingerprint(fold.New(row[1]))
		if got := map[bool]string{true: "yes", false: "no"}[first == again]; got != row[2] {
			t.Errorf("%q is the same as %q: %s, not %s", row[0], row[1], got, row[2])
		}
	}
}

func TestTheExamplesOfRepetitionHold(t *testing.T) {
	for _, row := range examples(t, "repetition") {
		share := spam.Repetition(fold.New(strings.ReplaceAll(row[0], "⏎", "\n")))
		if got := fmt.Sprint(share.Value); got != row[1] {
			t.Errorf("%q repeats %s, not %s", row[0], got, row[1])
		}
	}
}
