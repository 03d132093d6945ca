package testenv

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// LoadAverage is how busy the machine is, over the last minute.
func LoadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if average, _, found := strings.Cut(string(text), " "); err == nil && found {
		return average
	}
	return "unknown"
}

// WriteReport writes into a document what a command found out, between the marks that say so.
func WriteReport(t testing.TB, file, command, markdown string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin := fmt.Sprintf("<!-- Written by `%s`. -->\n", command)
	end := fmt.Sprintf("<!-- End of what `%s` writes. -->\n", command)
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		t.Fatalf("%s has no place for the report: it has to contain\n%s%s", file, begin, end)
	}
	text = bytes.Join([][]byte{before, []byte(begin + "\n" + markdown + "\n" + end), after}, nil)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
