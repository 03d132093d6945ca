package suite_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/bench"
)

// report is what was measured, as a table.
type report struct {
	rows []row
	// loadAverage is how busy the machine was with other things.
	loadAverage string
}

func newReport() *report {
	text, err := os.ReadFile("/proc/loadavg")
	if average, _, found := strings.Cut(string(text), " "); err == nil && found {
		return &report{loadAverage: average}
	}
	return &report{loadAverage: "unknown"}
}

// row is one figure beside its raw limit.
type row struct {
	what, figure, raw, ratio, goal string
	reached                        bool
	// beyond says that the figure is better than a limit that it cannot beat: something else was going on while the limit was
	// measured, and the ratio says nothing.
	beyond bool
}

// add adds a row. Without a goal there is nothing to reach.
func (r *report) add(w row) { r.rows = append(r.rows, w) }

func (r *report) markdown() string {
	text := new(strings.Builder)
	fmt.Fprintf(text, "%s; load average %s when it began.\nClients and server on the same machine, %v for each figure.\n\n",
		bench.ThisMachine(), r.loadAverage, *duration)
	text.WriteString("| what | figure | raw limit | ratio | goal | reached |\n|---|--:|--:|--:|--:|---|\n")
	for _, w := range r.rows {
		fmt.Fprintf(text, "| %s | %s | %s | %s | %s | %s |\n", w.what, w.figure, w.raw, w.ratio, w.goal, w.verdict())
	}
	return text.String()
}

func (w row) verdict() string {
	switch {
	case w.goal == "":
		return ""
	case w.beyond:
		return "unclear"
	case w.reached:
		return "yes"
	default:
		return "**no**"
	}
}

// The report stands between these.
const (
	begin = "<!-- Written by `make bench`. -->\n"
	end   = "<!-- End of what `make bench` writes. -->\n"
)

func (r *report) writeInto(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		t.Fatalf("%s has no place for the report: it has to contain\n%s%s", file, begin, end)
	}
	text = bytes.Join([][]byte{before, []byte(begin + "\n" + r.markdown() + "\n" + end), after}, nil)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// rate writes a number a second.
func rate(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f/s", n)
	}
	return fmt.Sprintf("%d,%03d/s", int(n)/1000, int(n)%1000)
}

func ratio(figure, raw float64) string { return fmt.Sprintf("%.2f×", figure/raw) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
