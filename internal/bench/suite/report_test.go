package suite_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

// report is what was measured, as a table.
type report struct {
	rows []row
	// loadAverage is how busy the machine was with other things.
	loadAverage string
}

func newReport() *report { return &report{loadAverage: testenv.LoadAverage()} }

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

// rate writes a number a second.
func rate(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f/s", n)
	}
	return fmt.Sprintf("%d,%03d/s", int(n)/1000, int(n)%1000)
}

func ratio(figure, raw float64) string { return fmt.Sprintf("%.2f×", figure/raw) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
