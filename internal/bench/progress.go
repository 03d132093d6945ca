package bench

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// ShowProgress answers a Config.Progress that draws a bar, and how to wipe it away. Both do nothing when the file is not a
// terminal.
func ShowProgress(file *os.File) (show func(Progress), wipe func()) {
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	return func(p Progress) { drawProgress(file, p) }, func() { _, _ = io.WriteString(file, wiped) }
}

const (
	barWidth = 30
	// wiped goes to the beginning of the line and clears it.
	wiped = "\r\x1b[K"
)

func drawProgress(out io.Writer, p Progress) {
	bar := ""
	if p.Total > 0 {
		done := min(barWidth, int(barWidth*p.Elapsed/p.Total))
		bar = "[" + strings.Repeat("█", done) + strings.Repeat("·", barWidth-done) + "] " +
			fmt.Sprintf("%v/%v ", p.Elapsed.Round(time.Second), p.Total.Round(time.Second))
	}
	_, _ = fmt.Fprintf(out, "%s%-10s %s%d acknowledged, %d received", wiped, p.Phase, bar, p.Acknowledged, p.Received)
}
