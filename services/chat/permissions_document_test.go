package chat_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// cells are the cells of a row by the names of their columns.
type cells map[string]string

// permissions is docs/permissions.md, read as its readers do.
type permissions struct {
	// actions and reaches are rows by what they allow, replies by reply permission.
	actions, replies, reaches map[string]cells
	// exceptions are the rows of what comes before the reply permission, in their order.
	exceptions []cells
}

func readPermissions(t *testing.T) permissions {
	t.Helper()
	text, err := os.ReadFile("../../docs/permissions.md")
	must(t, err)
	document := string(text)
	p := permissions{
		actions:    byFirst(tableOf(t, document, "| to | one_to_one |")),
		replies:    byFirst(tableOf(t, document, "| reply permission |")),
		reaches:    byFirst(tableOf(t, document, "| to | member |")),
		exceptions: tableOf(t, document, "| when |"),
	}
	return p
}

// tableOf answers the rows below the line that a table begins with. The first cell of each is called "".
func tableOf(t *testing.T, document, head string) []cells {
	t.Helper()
	_, rest, found := strings.Cut(document, "\n"+head)
	if !found {
		t.Fatalf("the document has no table that begins with %q", head)
	}
	lines := strings.Split(head+rest, "\n")
	columns := split(lines[0])
	columns[0] = ""
	var rows []cells
	for _, line := range lines[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		row := cells{}
		for i, cell := range split(line) {
			row[columns[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// split answers the cells of a line.
func split(line string) []string {
	cells := strings.Split(strings.Trim(line, "| "), "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(c)
	}
	return cells
}

func byFirst(rows []cells) map[string]cells {
	table := map[string]cells{}
	for _, row := range rows {
		table[row[""]] = row
	}
	return table
}

// What a call comes to.
const (
	allowed = "allowed"
	denied  = "denied"
	hidden  = "hidden" // there is no such thing
	over    = "over"   // the conversation has expired
)

// column is the document's of a type.
func (s state) column() string {
	if s.kind == "group" || s.kind == "broadcast" {
		return "group, broadcast"
	}
	return s.kind
}

// places are what the document calls the one who acts.
func (s state) places() []string {
	switch {
	case s.isStranger(), s.actor == "back end", s.actor == "addressee" && s.expired:
		return nil
	case s.creator && s.actor != "read_only":
		return []string{s.actor, "creator"}
	default:
		return []string{s.actor}
	}
}

// outcome is what the document says a call comes to.
func (p permissions) outcome(t *testing.T, s state, action string) string {
	t.Helper()
	row := p.actions[action]
	cell := strings.Split(row[s.column()], ", ")
	_, ends := strings.CutSuffix(action, ", until it expires")
	switch {
	case !s.sees(p):
		return hidden
	case cell[0] == "–", s.actor == "back end" && row["back end"] == "no":
		return denied
	case slices.Contains(cell, "who may write"):
		return p.writing(t, s, cell)
	case s.actor != "back end" && !s.isOneOf(cell):
		return denied
	case ends && s.expired:
		return over
	default:
		return allowed
	}
}

// sees says whether the conversation is there for the one who acts.
func (s state) sees(p permissions) bool {
	row := p.actions["see the conversation, its messages and who takes part"]
	return s.actor == "back end" || s.isOneOf(strings.Split(row[s.column()], ", "))
}

func (s state) isOneOf(cell []string) bool {
	return slices.ContainsFunc(s.places(), func(place string) bool { return slices.Contains(cell, place) })
}

// writing is what the rules of writing say, for an action that some may besides.
func (p permissions) writing(t *testing.T, s state, besides []string) string {
	t.Helper()
	applies := map[string]bool{
		"the conversation has expired":          s.expired,
		"a back end writes":                     s.actor == "back end",
		"a stranger writes":                     s.isStranger(),
		"the participant's `canReply` is true":  s.canReply != nil && *s.canReply,
		"the participant's `canReply` is false": s.canReply != nil && !*s.canReply,
		"otherwise":                             true,
	}
	for _, row := range p.exceptions {
		now, known := applies[row[""]]
		switch {
		case !known:
			t.Fatalf("nobody knows when %q", row[""])
		case !now:
		case row[""] == "the conversation has expired":
			return over
		case row["may write"] == "yes", s.isOneOf(besides), row[""] == "otherwise" && s.mayReply(p):
			return allowed
		default:
			return denied
		}
	}
	t.Fatal("the document does not say who may write otherwise")
	return ""
}

// mayReply is what the reply permission says.
func (s state) mayReply(p permissions) bool {
	row := p.replies[s.permission.String()]
	return slices.ContainsFunc(s.places(), func(place string) bool { return row[place] == "yes" })
}
