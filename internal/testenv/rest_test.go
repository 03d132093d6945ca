package testenv_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/palabre/palabre/internal/testenv"
)

// Every REST path, with who calls it and what they are answered. The rows are in rest_<subject>_test.go: to cover a path,
// add its rows there, and take the path off notBuilt.

// rows are the calls of one subject.
type rows []row

// row is one call in a story of its own, or in one that nothing has changed; see tell. Paths, bodies and answers may name what is in the story: `{group}`.
type row struct {
	as   caller
	call string // "PUT /api/chat/conversations/{group}/pin"
	body string
	want want
}

// everyRow are the rows of all subjects.
var everyRow = slices.Concat(conversationRows, participantRows, messageRows, eventRows,
	announcementRows, presenceRows, notificationRows, mqttRows, visitorRows, attachmentRows, directoryRows, moderationRows, reviewRows)

// notBuilt are the operations that answer UNIMPLEMENTED: none.
var notBuilt []string

// caller is who calls.
type caller string

const (
	nobody  caller = "nobody"
	alice   caller = "alice"    // admin of the group, which she made; not an admin for the host product
	bob     caller = "bob"      // member of the group, and in a pair with alice
	carol   caller = "carol"    // takes part in nothing
	boss    caller = "boss"     // admin of their entity, for the host product, and author of the announcement to it
	dave    caller = "dave"     // of another entity; takes part in nothing
	zoe     caller = "zoe"      // a visitor, who writes to alice
	backEnd caller = "back end" // the application's, in nobody's name
	// The same in another application, with the same user ids. It has groups, announcements and visitors switched off.
	aliceElsewhere   caller = "alice elsewhere"
	bossElsewhere    caller = "boss elsewhere"
	backEndElsewhere caller = "back end elsewhere"
)

func (c caller) elsewhere() caller { return c + " elsewhere" }
func (c caller) isElsewhere() bool { return strings.HasSuffix(string(c), " elsewhere") }

// want is the answer that a call has to have.
type want struct {
	status int
	reason string
	field  string   // that an error finds at fault
	has    []string // in the answer
	lacks  []string // not in the answer
}

var (
	succeeds        = want{status: http.StatusOK}
	needsToken      = want{status: http.StatusUnauthorized, reason: "CREDENTIALS_MISSING"}
	unknown         = want{status: http.StatusNotFound, reason: "NOT_FOUND"}
	notAllowed      = want{status: http.StatusForbidden, reason: "NOT_ALLOWED"}
	featureDisabled = want{status: http.StatusForbidden, reason: "FEATURE_DISABLED"}
	malformed       = want{status: http.StatusBadRequest, reason: "MALFORMED_BODY"}
)

func conflict(reason string) want { return want{status: http.StatusConflict, reason: reason} }

// invalid is the refusal of a request for one of its fields.
func invalid(field string) want {
	return want{status: http.StatusBadRequest, reason: "INVALID_ARGUMENT", field: field}
}

// invalidCursor is the refusal of a place in a list that the server did not give.
func invalidCursor(field string) want {
	return want{status: http.StatusBadRequest, reason: "INVALID_CURSOR", field: field}
}

// answers is a success with, or without, these texts in it.
func answers(texts ...string) want { return want{status: http.StatusOK, has: texts} }
func lacks(texts ...string) want   { return want{status: http.StatusOK, lacks: texts} }

func TestEveryRESTPath(t *testing.T) {
	teller := newTeller(t)
	unchanged := teller.tell(t)
	for _, r := range everyRow {
		t.Run(string(r.as)+" "+r.call+" "+r.body, func(t *testing.T) {
			s := unchanged.in(t)
			if !strings.HasPrefix(r.call, http.MethodGet) {
				s = teller.tell(t)
			}
			answer := s.calls(r.as, r.call, r.body)
			if answer.Status != r.want.status || answer.Reason(t) != r.want.reason || answer.Field() != s.names.Replace(r.want.field) {
				t.Fatalf("HTTP %d: %s, want %+v", answer.Status, answer.Body, r.want)
			}
			for _, text := range r.want.has {
				if !strings.Contains(string(answer.Body), s.names.Replace(text)) {
					t.Errorf("%s is not in %s", text, answer.Body)
				}
			}
			for _, text := range r.want.lacks {
				if strings.Contains(string(answer.Body), s.names.Replace(text)) {
					t.Errorf("%s is in %s", text, answer.Body)
				}
			}
		})
	}
}

// What succeeds here is tried from the other application, by who has the same user id there: nothing is told, and nothing
// changes.
func TestTwoApplicationsWithTheSameUserIDsNeverMeetByREST(t *testing.T) {
	story := newTeller(t).tell(t)
	before := story.seen()
	for _, r := range everyRow {
		if r.as.isElsewhere() || r.as == zoe || r.as == nobody || r.want.status != http.StatusOK {
			continue
		}
		t.Run(string(r.as)+" "+r.call+" "+r.body, func(t *testing.T) {
			s := story.in(t)
			answer := s.calls(r.as.elsewhere(), r.call, r.body)
			for _, secret := range append(s.secrets, `"Bob"`, testenv.BadWord) {
				if strings.Contains(string(answer.Body), secret) && !strings.Contains(s.names.Replace(r.call+r.body), secret) {
					t.Errorf("%s is told: %s", secret, answer.Body)
				}
			}
			if after := s.seen(); after != before {
				t.Errorf("alice saw\n%s\nand sees\n%s", before, after)
			}
		})
	}
}

// Each operation of the document succeeds for someone, and is refused to nobody in particular, to someone in particular,
// and to someone who calls it wrongly; and a call from another application finds nothing.
func TestEveryRESTPathHasARowOfEachKind(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	paths := env.Call(t, http.MethodGet, "/openapi.json", nil, nil).JSON(t)["paths"].(map[string]any)
	for path, methods := range paths {
		for method, operation := range methods.(map[string]any) {
			name := strings.ToUpper(method) + " " + path
			if slices.Contains(notBuilt, parameter.ReplaceAllString(name, "{}")) {
				continue
			}
			for _, kind := range kindsOf(operation.(map[string]any)) {
				if !slices.ContainsFunc(everyRow, func(r row) bool { return r.is(name) && kind.is(r) }) {
					t.Errorf("%s has no row in which %s", name, kind.name)
				}
			}
		}
	}
}

func TestWhatIsNotBuiltSaysSo(t *testing.T) {
	s := newTeller(t).tell(t)
	for _, name := range notBuilt {
		for _, as := range []caller{alice, backEnd} {
			// A request may be refused before it is found that nobody answers it; but nobody succeeds or finds nothing.
			answer := s.calls(as, strings.ReplaceAll(name, "{}", "{group}"), "{}")
			if answer.Status == http.StatusOK || answer.Status == http.StatusNotFound {
				t.Errorf("%s is built: give it rows, and take it off notBuilt", name)
			}
		}
	}
}

// kind is one of the things that have to be tried with every operation.
type kind struct {
	name string
	is   func(row) bool
}

func kindsOf(operation map[string]any) []kind {
	kinds := []kind{
		{"it succeeds", func(r row) bool { return r.want.status == http.StatusOK && !r.as.isElsewhere() }},
		{"it is refused to someone of the application", func(r row) bool {
			return r.want.status == http.StatusForbidden && (!r.as.isElsewhere() || r.want.reason == "FEATURE_DISABLED") ||
				r.want.status == http.StatusNotFound && !r.as.isElsewhere()
		}},
		{"another application's caller makes it", func(r row) bool { return r.as.isElsewhere() }},
		{"it is not valid", func(r row) bool { return r.want.status == http.StatusBadRequest && r.want.field != "" }},
	}
	if own, ok := operation["security"].([]any); !ok || len(own) > 0 {
		kinds = append(kinds, kind{"it has no credentials", func(r row) bool { return r.as == nobody && r.want.status == http.StatusUnauthorized }})
	}
	return kinds
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// is says whether a row is a call of an operation such as GET /api/chat/messages/{id}.
func (r row) is(operation string) bool {
	call, _, _ := strings.Cut(r.call, "?")
	return slices.EqualFunc(strings.Split(operation, "/"), strings.Split(call, "/"), func(want, got string) bool {
		return want == got || parameter.MatchString(want)
	})
}
