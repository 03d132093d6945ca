package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
)

// WriteJSON writes the result for programs.
func (r *Result) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the result for people.
func (r *Result) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r.writeHead(w)
	r.writeLatencies(w)
	r.writeFaults(w)
	for _, reason := range slices.Sorted(maps.Keys(r.Errors)) {
		_, _ = fmt.Fprintf(w, "error %s\t%d\n", reason, r.Errors[reason])
	}
	return w.Flush() // A write before it that failed fails here too.
}

func (r *Result) writeHead(w io.Writer) {
	c := r.Config
	who := plural(c.Senders, "sender") + ", " + plural(c.Conversations, "conversation") + ", " +
		plural(c.Receivers, "receiver") + " each, " + plural(c.Payload, "byte")
	if c.Over == OverREST {
		who = plural(c.Senders, "reader") + ", " + plural(c.Conversations, "conversation") + " of " +
			plural(c.Messages, "message") + ", pages of " + strconv.Itoa(c.Page)
	}
	rate := "as fast as answered"
	if c.Rate > 0 {
		rate = fmt.Sprintf("%g/s asked for", c.Rate)
	}
	_, _ = fmt.Fprintf(w, "over %s: %s; %s\n%s\n", c.Over, who, rate, r.Machine)
	if r.Interrupted {
		_, _ = fmt.Fprintln(w, "interrupted: the history was not looked into")
	}
	_, _ = fmt.Fprintf(w, "\nmeasured\t%.1f s\n", r.Seconds)
	_, _ = fmt.Fprintf(w, "%s\t%.0f/s\n", r.answered(), r.AcknowledgedPerSecond)
	if r.Config.Receivers > 0 {
		_, _ = fmt.Fprintf(w, "received\t%.0f/s\n", r.ReceivedPerSecond)
	}
}

func (r *Result) answered() string {
	if r.Config.Over == OverREST {
		return "pages"
	}
	return "acknowledged"
}

func (r *Result) writeLatencies(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\n\tp50\tp95\tp99\tmax\n")
	row := func(name string, l Latency) {
		_, _ = fmt.Fprintf(w, "%s\t%.2f ms\t%.2f ms\t%.2f ms\t%.2f ms\n", name, l.P50, l.P95, l.P99, l.Max)
	}
	if r.Config.Over == OverREST {
		row("page", r.SendToAck)
		return
	}
	row("send → ack", r.SendToAck)
	if r.Config.Receivers > 0 {
		row("send → receive", r.SendToReceive)
	}
}

func (r *Result) writeFaults(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\n\tlost\tdoubled\tout of order\trepeated\n")
	row := func(name string, f Faults) {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", name, f.Lost, f.Doubled, f.OutOfOrder, f.Repeated)
	}
	if r.Config.Receivers > 0 {
		row("received", r.Deliveries)
	} else if r.Config.Over != OverREST {
		row("answers", r.Deliveries)
	}
	row("history", r.History)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
