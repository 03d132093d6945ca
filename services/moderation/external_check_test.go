package moderation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
	"github.com/palabre/palabre/services/moderation/external"
)

const externalSecret = "secret of the classifier"

// asking is a service whose rules mask "rouge", refuse "zut", and let an external check at an address look at the rest.
func asking(t *testing.T, url string, check moderation.ExternalCheck) moderationv1.ModerationServiceClient {
	t.Helper()
	return askingBy(t, url, check, moderation.Config{})
}

// askingBy is asking, with a clock and a registry.
func askingBy(t *testing.T, url string, check moderation.ExternalCheck, c moderation.Config) moderationv1.ModerationServiceClient {
	t.Helper()
	client, err := external.New(external.Config{URL: url, Secret: externalSecret})
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	check.Classifier = client
	rules := of(words("red", moderationv1.Rule_mask, "rouge"))
	rules.BadWords = []string{"zut"}
	c.Store, c.Rules = newStore(t), map[string]*moderationv1.Rules{app: rules}
	c.External = map[string]moderation.ExternalCheck{app: check}
	return serve(t, c)
}

// judged is the verdict on a content, in a line.
func judged(t *testing.T, client moderationv1.ModerationServiceClient, content string) string {
	t.Helper()
	verdict, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: content, SenderId: "bob"})
	must(t, err)
	return summary(verdict)
}

// posted serves HTTP, and keeps what was asked.
func posted(t *testing.T, answer http.HandlerFunc) (url string, questions chan string) {
	t.Helper()
	questions = make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		timestamp := r.Header.Get(external.HeaderTimestamp)
		if r.Header.Get(external.HeaderSignature) != "sha256="+external.Signature(externalSecret, timestamp, body) {
			t.Errorf("%s is signed %v", body, r.Header)
		}
		questions <- string(body)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/classify", questions
}

func answering(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestAnExternalCheckHasTheLastWord(t *testing.T) {
	for answer, want := range map[string]string{
		`{"status":"approved"}`: `approved "bleu vert"`,
		`{"status":"approved","reasons":[{"message":"hm"}],"model":"v7"}`: `approved "bleu vert"`,
		`{"status":"pending"}`:  `pending "bleu vert" external_check:hold[0,9)`,
		`{"status":"rejected"}`: `rejected "bleu vert" external_check:reject[0,9)`,
		`{"status":3}`:          `rejected "bleu vert" external_check:reject[0,9)`,
		`{"status":"rejected","reasons":[{"start":0,"end":4,"rule":"mine","action":"notify"},{"start":4,"end":4}]}`: `rejected "bleu vert" external_check:reject[0,4) external_check:reject[4,4)`,
	} {
		url, _ := posted(t, answering(answer))
		if got := judged(t, asking(t, url, moderation.ExternalCheck{}), "bleu vert"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", answer, got, want)
		}
	}
}

func TestAnExternalCheckIsAskedWhatTheRulesLetPass(t *testing.T) {
	url, questions := posted(t, answering(`{"status":"pending"}`))
	client := asking(t, url, moderation.ExternalCheck{})
	for content, want := range map[string]string{
		"zut":   `rejected "***" bad_words:reject[0,3)`,
		"":      `approved ""`,
		"rouge": `pending "*****" masked red:mask[0,5) external_check:hold[0,5)`,
	} {
		if got := judged(t, client, content); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n := len(questions); n != 1 {
		t.Fatalf("%d questions were asked", n)
	}
	var question map[string]string
	must(t, json.Unmarshal([]byte(<-questions), &question))
	want := map[string]string{
		"applicationId": app, "content": "rouge", "senderId": "bob", "senderType": "user", "field": "content", "language": "fr",
	}
	if fmt.Sprint(question) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", question, want)
	}
	if got := stats(t, client, 1); got != "bad_words 1+0, external_check 1+0, red 1+0" {
		t.Errorf("counted %s", got)
	}
	t.Run("and not where rules are tried", func(t *testing.T) {
		_, err := client.ModerateContent(as(t, admin), &moderationv1.ModerateContentRequest{Content: "x", Rules: refusing("zut")})
		must(t, err)
		if len(questions) > 0 {
			t.Error("it was asked")
		}
	})
}

func TestWithoutAnAnswerTheApplicationsChoiceIsMade(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	failures := map[string]http.HandlerFunc{
		"slow": hang,
		"failing": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"status":"rejected"}`, http.StatusBadGateway)
		},
		"leading away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"no JSON":          answering("<html>"),
		"nothing":          answering(""),
		"no status":        answering(`{}`),
		"a status unknown": answering(`{"status":"maybe"}`),
		"a status of zero": answering(`{"status":"status_unspecified"}`),
		"a span outside":   answering(`{"status":"rejected","reasons":[{"start":0,"end":5}]}`),
		"a span backwards": answering(`{"status":"rejected","reasons":[{"start":3,"end":1}]}`),
		"a span below 0":   answering(`{"status":"rejected","reasons":[{"start":-1,"end":1}]}`),
		"a long message":   answering(`{"status":"rejected","reasons":[{"message":"` + strings.Repeat("a", 501) + `"}]}`),
		"too many reasons": answering(`{"status":"rejected","reasons":[` + strings.Repeat("{},", 100) + `{}]}`),
		"too much":         answering(`{"status":"rejected"}` + strings.Repeat(" ", 64<<10)),
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			url, questions := posted(t, failure)
			wantChoice(t, url)
			if len(questions) != 3 {
				t.Errorf("%d questions were asked, want one of each content", len(questions))
			}
		})
	}
	t.Run("down", func(t *testing.T) { wantChoice(t, "http://"+nobodyAt(t)) })
}

func TestAClassifierThatFailsAgainAndAgainIsLeftAloneForAWhile(t *testing.T) {
	var failing atomic.Bool
	failing.Store(true)
	url, questions := posted(t, func(w http.ResponseWriter, _ *http.Request) {
		if failing.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"status":"approved"}`)
	})
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(1_700_000_000+clock.Load(), 0) }
	registry := prometheus.NewRegistry()
	client := askingBy(t, url, moderation.ExternalCheck{OnFailure: moderation.FailureHolds, Timeout: 10 * time.Second},
		moderation.Config{Now: now, Registerer: registry})
	asked := func(contents int) int {
		before := len(questions)
		for range contents {
			judged(t, client, "bleu")
		}
		return len(questions) - before
	}
	if n := asked(8); n != 5 {
		t.Errorf("of 8 contents %d ask, want 5", n)
	}
	if got := judged(t, client, "bleu"); got != `pending "bleu" external_check:hold[0,4)` {
		t.Errorf("then it is %s", got)
	}
	clock.Add(6)
	if n := asked(3); n != 1 {
		t.Errorf("after the pause %d ask, want one to try", n)
	}
	failing.Store(false)
	if n := asked(2); n != 0 {
		t.Errorf("within the next pause %d ask", n)
	}
	clock.Add(6)
	if n := asked(3); n != 3 {
		t.Errorf("when it answers again %d of 3 ask", n)
	}
	want := "external_check_open 0, external_checks_total answered 3, external_checks_total failed 6, external_checks_total skipped 8"
	if got := measured(t, registry); got != want {
		t.Errorf("measured %s, want %s", got, want)
	}
}

// measured is what the metrics say of the application of the tests.
func measured(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	must(t, err)
	var lines []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			line := strings.TrimPrefix(family.GetName(), "palabre_moderation_")
			for _, l := range m.GetLabel()[1:] {
				line += " " + l.GetValue()
			}
			lines = append(lines, fmt.Sprint(line, " ", m.GetGauge().GetValue()+m.GetCounter().GetValue()))
		}
	}
	return strings.Join(lines, ", ")
}

// wantChoice has contents judged that an external check at an address has no answer to.
func wantChoice(t *testing.T, url string) {
	t.Helper()
	soon := 200 * time.Millisecond
	for choice, want := range map[moderation.OnFailure]string{
		"":                         `approved "bleu"`,
		moderation.FailureApproves: `approved "bleu"`,
		moderation.FailureHolds:    `pending "bleu" external_check:hold[0,4)`,
	} {
		client := asking(t, url, moderation.ExternalCheck{Timeout: soon, OnFailure: choice})
		begun := time.Now()
		if got := judged(t, client, "bleu"); got != want {
			t.Errorf("%q: got %s, want %s", choice, got, want)
		}
		if took := time.Since(begun); took > 20*soon {
			t.Errorf("%q: it took %v", choice, took)
		}
	}
}

// nobodyAt is an address where nobody listens.
func nobodyAt(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// classifier is a ClassifierService: it does what the content says.
type classifier struct {
	moderationv1.UnimplementedClassifierServiceServer
	t *testing.T
}

func (c classifier) Classify(ctx context.Context, req *moderationv1.ClassifyRequest) (*moderationv1.ClassifyResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if got := strings.Join(md.Get("authorization"), ","); got != "Bearer "+externalSecret {
		c.t.Errorf("it was asked with %q", got)
	}
	if len(md.Get("x-palabre-principal")) > 0 {
		c.t.Error("it is told who called")
	}
	switch req.GetContent() {
	case "hang":
		<-ctx.Done()
		return nil, ctx.Err()
	case "fail":
		return nil, status.Error(codes.Unavailable, "later")
	case "nothing":
		return &moderationv1.ClassifyResponse{}, nil
	}
	return &moderationv1.ClassifyResponse{
		Status:  moderationv1.Verdict_Status(moderationv1.Verdict_Status_value[req.GetContent()]),
		Reasons: []*moderationv1.Reason{{End: 3}},
	}, nil
}

func TestAnExternalCheckMayBeAServiceOfGRPC(t *testing.T) {
	server := grpc.NewServer()
	moderationv1.RegisterClassifierServiceServer(server, classifier{t: t})
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	client := asking(t, "grpc://"+l.Addr().String(), moderation.ExternalCheck{OnFailure: moderation.FailureHolds, Timeout: 300 * time.Millisecond})
	for content, want := range map[string]string{
		"approved": `approved "approved"`,
		"rejected": `rejected "rejected" external_check:reject[0,3)`,
		"pending":  `pending "pending" external_check:hold[0,3)`,
		"hang":     `pending "hang" external_check:hold[0,4)`,
		"fail":     `pending "fail" external_check:hold[0,4)`,
		"nothing":  `pending "nothing" external_check:hold[0,7)`,
	} {
		if got := judged(t, client, content); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	t.Run("down", func(t *testing.T) { wantChoice(t, "grpc://"+nobodyAt(t)) })
}
