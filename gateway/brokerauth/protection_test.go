package brokerauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/gateway/brokerauth"
	"github.com/palabre/palabre/internal/auth"
)

// knock sends a question that would be granted, made known by show alone.
func (w *world) knock(method, query string, show func(*http.Request)) int {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, "/mqtt/acl"+query, strings.NewReader(goAuthAsks("alice", "chat/user/alice/messages", 4)))
	r.Header.Set("Content-Type", "application/json")
	show(r)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK && !strings.Contains(rec.Body.String(), `"deny"`) {
		w.t.Errorf("HTTP %d with %s", rec.Code, rec.Body)
	}
	return rec.Code
}

func TestTheSecretIsShownInOneOfThreeWays(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tt := range map[string]struct {
		query string
		show  func(*http.Request)
		want  int
	}{
		"as a password":           {"", func(r *http.Request) { r.SetBasicAuth("anybody", secret) }, 200},
		"as a bearer token":       {"", header("Authorization", "Bearer "+secret), 200},
		"in the URL":              {"?secret=" + strings.ReplaceAll(secret, " ", "+"), func(*http.Request) {}, 200},
		"not at all":              {"", func(*http.Request) {}, 401},
		"wrong":                   {"?secret=wrong", func(r *http.Request) { r.SetBasicAuth("anybody", "wrong") }, 401},
		"empty":                   {"?secret=", header("Authorization", "Bearer "), 401},
		"as a username":           {"", func(r *http.Request) { r.SetBasicAuth(secret, "") }, 401},
		"but for its last letter": {"", header("Authorization", "Bearer "+secret[:len(secret)-1]), 401},
	} {
		if got := start(t).knock(http.MethodPost, tt.query, tt.show); got != tt.want {
			t.Errorf("%s: HTTP %d, want %d", name, got, tt.want)
		}
	}
}

func TestOnlyPOSTIsAnswered(t *testing.T) {
	w := start(t)
	for _, method := range []string{"GET", "PUT", "DELETE", "HEAD"} {
		if got := w.knock(method, "", func(r *http.Request) { r.SetBasicAuth("", secret) }); got != http.StatusMethodNotAllowed {
			t.Errorf("%s: HTTP %d", method, got)
		}
	}
}

func TestWhoGuessesAtTheSecretIsLimitedAndShutsNobodyOut(t *testing.T) {
	w := start(t)
	guess := func(r *http.Request) { r.SetBasicAuth("", "guess") }
	var codes []int
	for range 12 {
		codes = append(codes, w.knock(http.MethodPost, "", guess))
	}
	if codes[0] != 401 || codes[9] != 401 || codes[10] != 429 || codes[11] != 429 {
		t.Errorf("twelve guesses: %v", codes)
	}
	if got := w.knock(http.MethodPost, "", func(r *http.Request) { r.SetBasicAuth("", secret) }); got != 200 {
		t.Errorf("the broker, from the same address: HTTP %d", got)
	}
	w.clock = w.clock.Add(3 * time.Second)
	if got := w.knock(http.MethodPost, "", guess); got != 401 {
		t.Errorf("one more guess after a while: HTTP %d", got)
	}
	if n := strings.Count(w.log.String(), "without the secret"); n != 11 {
		t.Errorf("the log says so %d times", n)
	}
}

func TestWhoFailsToConnectAgainAndAgainIsLimited(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		w := start(t)
		for i := range 10 {
			w.connects(b, "alice", fmt.Sprint("guess", i))
		}
		alice := token(t, "geosector", "alice", "1")
		if got := w.connects(b, "alice", alice); got != "denies" {
			t.Errorf("after ten failures the broker %s", got)
		}
		if got := w.connects(b, visitor, visitorToken(t)); got != "lets" {
			t.Errorf("somebody else: the broker %s", got)
		}
		w.clock = w.clock.Add(4 * time.Second)
		if got := w.connects(b, "alice", alice); got != "lets" {
			t.Errorf("after a while the broker %s", got)
		}
	})
}

func TestGuessesFromElsewhereShutNobodyOut(t *testing.T) {
	w := start(t)
	question := func(address, password string) string {
		return object("username", "alice", "password", password, "peerhost", address)
	}
	for i := range 50 {
		w.post("/mqtt/auth", question("198.51.100.1", fmt.Sprint("guess", i)), inJSON)
	}
	if got := emqxTakes(w.post("/mqtt/auth", question("192.0.2.1", token(t, "geosector", "alice", "1")), inJSON)); got != "lets" {
		t.Errorf("alice at home: EMQX %s", got)
	}
	for range 50 {
		w.post("/mqtt/auth", object("username", gatewayUser, "password", "guess", "peerhost", "192.0.2.9"), inJSON)
	}
	if got := emqxTakes(w.post("/mqtt/auth", object("username", gatewayUser, "password", gatewayPassword, "peerhost", "192.0.2.9"), inJSON)); got != "lets" {
		t.Errorf("the gateway: EMQX %s", got)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	w := start(t)
	alice := token(t, "geosector", "alice", "1")
	each(t, func(_ *testing.T, b broker) {
		for _, password := range []string{alice, "hunter2-of-alice", gatewayPassword} {
			w.connects(b, "alice", password)
			w.connects(b, gatewayUser, password)
			w.post("/mqtt/auth?secret="+secret[:3], b.connect("alice", password)[:20], b.headers...)
		}
	})
	w.knock(http.MethodPost, "?secret=a-wrong-secret", func(r *http.Request) { r.SetBasicAuth("", "a-wrong-password") })
	for _, word := range []string{alice, "hunter2", gatewayPassword, secret, "a-wrong-"} {
		if strings.Contains(w.log.String(), word) {
			t.Errorf("the log has %.10s…", word)
		}
	}
}

func TestUsersOfTwoApplicationsWithOneIDNeverMeet(t *testing.T) {
	ask := func(w *world, query, application string) string {
		body := object("username", "alice", "topic", "chat/user/alice/messages", "action", "subscribe")
		if application != "" {
			body = object("username", "alice", "topic", "chat/user/alice/messages", "action", "subscribe", "application", application)
		}
		return emqxTakes(w.post("/mqtt/acl"+query, body, inJSON))
	}
	w := start(t, twoApplications)
	for name, tt := range map[string]struct{ query, told, want string }{
		"the broker tells":           {"", "geosector", "lets"},
		"the broker tells the other": {"", "resalice", "denies"},
		"the address tells":          {"?application=geosector", "", "lets"},
		"the address tells another":  {"?application=resalice", "", "denies"},
		"they contradict each other": {"?application=resalice", "geosector", "denies"},
		"it is not served":           {"?application=elsewhere", "", "denies"},
		"nothing tells":              {"", "", "denies"},
	} {
		if got := ask(w, tt.query, tt.told); got != tt.want {
			t.Errorf("%s: EMQX %s", name, got)
		}
	}
	if !strings.Contains(w.log.String(), "/mqtt/acl?application=") {
		t.Error("the operator is not told why nothing is granted")
	}
	rita := token(t, "resalice", "rita", "1")
	for query, want := range map[string]string{"": "lets", "?application=resalice": "lets", "?application=geosector": "denies"} {
		if got := statusTakes(w.post("/mqtt/auth"+query, goAuth("rita", rita), inJSON)); got != want {
			t.Errorf("rita connects where it is for %q: the broker %s", query, got)
		}
	}
}

func TestAnExpiredTokenConnectsNobody(t *testing.T) {
	w := start(t)
	old, err := auth.SignToken(shop, auth.Claims{UserID: "alice", ApplicationID: "geosector", ExpiresAt: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range brokers {
		if got := w.connects(b, "alice", old); got != "denies" {
			t.Errorf("%s %s", b.name, got)
		}
	}
}

func TestAnswersAreCounted(t *testing.T) {
	w := start(t)
	w.post("/mqtt/auth", goAuth("alice", "guess"), inJSON)
	w.post("/mqtt/acl", goAuthAsks("alice", "chat/announcement", 4), inJSON)
	w.knock(http.MethodPost, "", func(*http.Request) {})
	want := []string{
		"palabre_broker_auth_ambiguous_total 0",
		"palabre_broker_auth_answers_total mosquitto granted access 1", "palabre_broker_auth_answers_total mosquitto refused connect 1",
		"palabre_broker_auth_strangers_total 1",
	}
	if got := w.counted(); !slices.Equal(got, want) {
		t.Errorf("counted %q", got)
	}
}

// counted are the counters with the values of their labels, ordered by their names.
func (w *world) counted() []string {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			line := family.GetName()
			for _, label := range m.GetLabel() {
				line += " " + label.GetValue()
			}
			lines = append(lines, fmt.Sprint(line, " ", m.GetCounter().GetValue()))
		}
	}
	return lines
}

func TestWhatIsWrongWithAConfigurationIsNamed(t *testing.T) {
	for field, change := range map[string]func(*brokerauth.Config){
		"Secret":        func(c *brokerauth.Config) { c.Secret = "short" },
		"Prefixes":      func(c *brokerauth.Config) { c.Prefixes = nil },
		"Authenticator": func(c *brokerauth.Config) { c.Authenticator = nil },
		"Membership":    func(c *brokerauth.Config) { c.Membership = nil },
		"username":      func(c *brokerauth.Config) { c.Gateway.Username = "gateway" },
		"password":      func(c *brokerauth.Config) { c.Gateway.Password = "short" },
	} {
		c := brokerauth.Config{
			Secret: secret, Prefixes: map[string]string{"geosector": "chat"}, Authenticator: failing{}, Membership: &members{},
			Gateway: brokerauth.Account{Username: gatewayUser, Password: gatewayPassword},
		}
		change(&c)
		if _, err := brokerauth.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
