package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/palabre/palabre/internal/app"
)

// moderateReport writes verdicts as they come, and counts them.
type moderateReport struct {
	out      io.Writer
	asJSON   bool
	lines    int
	statuses map[string]int
	rules    map[string]int
}

func newModerateReport(out io.Writer, asJSON bool) *moderateReport {
	return &moderateReport{out: out, asJSON: asJSON, statuses: map[string]int{}, rules: map[string]int{}}
}

func (r *moderateReport) add(v app.TrialVerdict) error {
	r.lines++
	r.statuses[v.Status]++
	for _, rule := range v.Rules {
		r.rules[rule]++
	}
	if r.asJSON {
		_, err := fmt.Fprintf(r.out, "{\"line\":%d,\"verdict\":%s}\n", r.lines, v.JSON)
		return err
	}
	_, err := fmt.Fprintf(r.out, "%6d  %-8s  %-24s  %s\n", r.lines, v.Status, cmp.Or(strings.Join(v.Rules, ","), "-"), v.Content)
	return err
}

// finish writes the summary: how many lines had which verdict, and how many each rule hit, the most frequent first.
func (r *moderateReport) finish() error {
	if r.asJSON {
		return json.NewEncoder(r.out).Encode(map[string]any{"lines": r.lines, "verdicts": r.statuses, "rules": r.rules})
	}
	_, err := fmt.Fprintf(r.out, "\n%d lines: %d approved, %d pending, %d rejected\n",
		r.lines, r.statuses["approved"], r.statuses["pending"], r.statuses["rejected"])
	rules := slices.SortedFunc(maps.Keys(r.rules), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.rules[b], r.rules[a]), cmp.Compare(a, b))
	})
	for _, rule := range rules {
		if err == nil {
			_, err = fmt.Fprintf(r.out, "%6d  %s\n", r.rules[rule], rule)
		}
	}
	return err
}
