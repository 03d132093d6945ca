package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/palabre/palabre/gateway/webhook"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/services/chat"
)

// signature is that of Standard Webhooks, as a receiver computes it.
func signature(key, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestWebhooks(t *testing.T) {
	w := newWorld(t)

	t.Run("an event is posted as it is published, with whose it is, and signed by both secrets", func(t *testing.T) {
		r := receives(t, nil)
		r.PreviousSecret = "a plain old secret"
		w.tells(t, quick, r.Endpoint)
		w.begun(t, r)
		m := w.says(t, w.talk(t, "alice", "bob"), "C'est « signé » <b>")
		r.takes(t, m)
		all := r.of(m.GetConversationId())
		if kinds := []string{all[0].event.Event, all[1].event.Event}; !slices.Equal(kinds, []string{"conversation.created", "message.created"}) {
			t.Errorf("it is told of %v", kinds)
		}
		p := all[1]
		id, at := p.header.Get("webhook-id"), p.header.Get("webhook-timestamp")
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		must(t, err)
		want := signature(string(key), id, at, p.body) + " " + signature("a plain old secret", id, at, p.body)
		if got := p.header.Get("webhook-signature"); got != want {
			t.Errorf("the signature is %s, want %s", got, want)
		}
		if id == "" || id != p.event.EventID || p.event.ApplicationID != testenv.App || p.header.Get("Content-Type") != "application/json" {
			t.Errorf("the post is %v %s", p.header, p.body)
		}
		fields := map[string]json.RawMessage{}
		must(t, json.Unmarshal(p.body, &fields))
		delete(fields, "applicationId")
		text, err := json.Marshal(fields)
		must(t, err)
		e := &chatv1.Event{}
		if err := protojson.Unmarshal(text, e); err != nil || e.GetMessage().GetContent() != m.GetContent() || e.GetCursor() == "" || e.GetSeq() != 1 {
			t.Errorf("the event is %v: %v", e, err)
		}
	})

	t.Run("over TLS, whose certificate is checked", func(t *testing.T) {
		r := receives(t, nil)
		tls := httptest.NewTLSServer(r)
		t.Cleanup(tls.Close)
		trusted, other := r.Endpoint, r.Endpoint
		trusted.URL = tls.URL + "/hook"
		// The certificate is for 127.0.0.1.
		other.URL = strings.Replace(trusted.URL, "127.0.0.1", "localhost", 1)
		w.tells(t, quick, trusted)
		w.begun(t, r)
		// One after the other: the race detector does not see how crypto/tls hands a parsed certificate from one handshake to another.
		told := w.tells(t, quick, other)
		w.happens(t, "refused", func(string) bool { return told.counted(t, "palabre_webhook_posts_total", "unavailable") > 0 })
		must(t, webhook.Probe(t.Context(), trusted))
		if err := webhook.Probe(t.Context(), other); err == nil {
			t.Error("a wrong certificate is taken for the right one")
		}
	})

	t.Run("only what it asked for, and nothing of other applications", func(t *testing.T) {
		r, all := receives(t, nil), receives(t, nil)
		r.Events = []string{"message.created"}
		told := w.tells(t, quick, r.Endpoint, all.Endpoint)
		w.begun(t, r, all)
		elsewhere := auth.ActAs(t.Context(), auth.Principal{ApplicationID: testenv.Other, Kind: auth.KindUser, UserID: "alice"})
		other, err := w.chat.CreateConversation(elsewhere, &chatv1.CreateConversationRequest{
			Type: chatv1.Conversation_one_to_one, Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
		})
		must(t, err)
		m := w.says(t, w.talk(t, "alice", "bob"), "bonjour")
		_, err = w.chat.MarkRead(as(t, "bob"), &chatv1.MarkReadRequest{ConversationId: m.GetConversationId(), Seq: 1})
		must(t, err)
		next := w.says(t, m.GetConversationId(), "encore")
		r.takes(t, next)
		all.takes(t, next)
		if got := len(r.of(m.GetConversationId())); got != 2 {
			t.Errorf("it is told of %d events, want the two messages", got)
		}
		if n := len(all.of(other.GetId())); n != 0 {
			t.Errorf("it is told of %d events of another application", n)
		}
		if told.counted(t, "palabre_webhook_events_total", "unwanted") == 0 || told.counted(t, "palabre_webhook_events_total", "delivered") == 0 {
			t.Error("the events are not counted")
		}
	})

	t.Run("in order in each conversation, each at least once, whatever is refused", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		r := receives(t, func(posted) int {
			mu.Lock()
			defer mu.Unlock()
			return []int{204, 200, 500, 404, 502, 302}[random.IntN(6)]
		})
		limits := quick
		limits.Window = 16
		w.tells(t, limits, r.Endpoint)
		w.begun(t, r)
		var conversations, want []string
		for range 4 {
			conversations = append(conversations, w.talk(t, "alice", "bob"))
		}
		for i := range 12 {
			want = append(want, fmt.Sprint(i))
			for _, c := range conversations {
				w.says(t, c, want[i])
			}
		}
		for _, c := range conversations {
			eventually(t, "told of all", func() bool { return len(r.contents(c)) == len(want) })
			if got := r.contents(c); !slices.Equal(got, want) {
				t.Errorf("it took %v", got)
			}
		}
	})

	t.Run("what one conversation's event is refused holds up no other", func(t *testing.T) {
		var stuck atomic.Value
		r := receives(t, func(p posted) int {
			if p.event.ConversationID == stuck.Load() {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		w.tells(t, quick, r.Endpoint)
		w.begun(t, r)
		poisoned := w.talk(t, "alice", "bob")
		stuck.Store(poisoned)
		waits := w.says(t, poisoned, "poison")
		r.takes(t, w.says(t, w.talk(t, "alice", "bob"), "autre"))
		if r.has(waits) {
			t.Error("it was taken")
		}
		stuck.Store("")
		r.takes(t, waits)
	})

	t.Run("an event that is refused while others are taken is skipped in the end, and counted", func(t *testing.T) {
		r := receives(t, func(p posted) int {
			if p.event.Message.Content == "poison" {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		limits := quick
		limits.Refusals = 3
		told := w.tells(t, limits, r.Endpoint)
		w.begun(t, r)
		poisoned, other := w.talk(t, "alice", "bob"), w.talk(t, "alice", "bob")
		w.says(t, poisoned, "poison")
		after := w.says(t, poisoned, "après")
		eventually(t, "told of what came after it", func() bool {
			w.says(t, other, "autre")
			return r.has(after)
		})
		if n := told.counted(t, "palabre_webhook_events_total", "skipped"); n != 1 {
			t.Errorf("%v events are counted as skipped", n)
		}
	})

	t.Run("a webhook that is away is told of everything when it is back, and holds up no other meanwhile", func(t *testing.T) {
		dead, alive := receives(t, nil), receives(t, nil)
		told := w.tells(t, quick, dead.Endpoint, alive.Endpoint)
		w.begun(t, dead, alive)
		before := len(w.logs.String())
		address := dead.server.Listener.Addr().String()
		dead.server.Close()
		c := w.talk(t, "alice", "bob")
		first := w.says(t, c, "un")
		alive.takes(t, first)
		eventually(t, "found away", func() bool { return told.counted(t, "palabre_webhook_posts_total", "unavailable") > 1 })
		if told.counted(t, "palabre_webhook_oldest_waiting_seconds", "") <= 0 || told.counted(t, "palabre_webhook_events_waiting", "") == 0 {
			t.Error("what waits is not counted")
		}
		dead.serve(t, address)
		dead.takes(t, w.says(t, c, "deux"))
		if got := dead.contents(c); !slices.Equal(got, []string{"un", "deux"}) {
			t.Errorf("it took %v", got)
		}
		if n := strings.Count(w.logs.String()[before:], "level=WARN"); n != 1 {
			t.Errorf("the operator is told %d times, of one outage", n)
		}
	})

	t.Run("it is not asked again before it wants to be, and not at once after 410 Gone", func(t *testing.T) {
		limits := quick
		limits.MaxPatience = 1500 * time.Millisecond
		for _, c := range []struct {
			content string
			code    int
			least   time.Duration
		}{{"patience", http.StatusServiceUnavailable, time.Second}, {"fini", http.StatusGone, limits.MaxPatience}} {
			t.Run(c.content, func(t *testing.T) {
				t.Parallel()
				var once atomic.Bool
				r := receives(t, func(p posted) int {
					if p.event.Message.Content == c.content && !once.Swap(true) {
						return c.code
					}
					return http.StatusOK
				})
				w.tells(t, limits, r.Endpoint)
				w.begun(t, r)
				m := w.says(t, w.talk(t, "alice", "bob"), c.content)
				r.takes(t, m)
				tried := slices.DeleteFunc(r.triedOf(m.GetConversationId()), func(p posted) bool { return p.event.Message.Content != c.content })
				if len(tried) != 2 || tried[1].at.Sub(tried[0].at) < c.least {
					t.Errorf("it was tried %d times, the last %v after the first", len(tried), tried[len(tried)-1].at.Sub(tried[0].at))
				}
			})
		}
	})

	t.Run("no redirect is followed", func(t *testing.T) {
		var elsewhere, moved atomic.Bool
		r := receives(t, nil)
		r.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
			switch {
			case q.URL.Path != "/hook":
				elsewhere.Store(true)
			case moved.Swap(false):
				http.Redirect(rw, q, "/elsewhere", http.StatusTemporaryRedirect)
			default:
				r.ServeHTTP(rw, q)
			}
		})
		w.tells(t, quick, r.Endpoint)
		w.begun(t, r)
		moved.Store(true)
		r.takes(t, w.says(t, w.talk(t, "alice", "bob"), "ici"))
		if elsewhere.Load() {
			t.Error("it was followed")
		}
	})

	t.Run("a held message is told as moderated, without its text, and as created once it is approved", func(t *testing.T) {
		r := receives(t, nil)
		w.tells(t, quick, r.Endpoint)
		w.begun(t, r)
		c := w.talk(t, "alice", "bob")
		m := w.says(t, c, "c'est "+held)
		eventually(t, "told that it waits", func() bool { return len(r.of(c)) == 2 })
		p := r.of(c)[1]
		if p.event.Event != "message.moderated" || p.event.Moderation.Status != "pending" || p.event.Moderation.MessageID != m.GetId() || strings.Contains(string(p.body), held) {
			t.Errorf("it is told %s", p.body)
		}
		service := auth.ActAs(t.Context(), auth.Principal{ApplicationID: testenv.App, Kind: auth.KindService})
		_, err := w.moderation.ReviewMessage(service, &moderationv1.ReviewMessageRequest{MessageId: m.GetId(), Status: moderationv1.Verdict_approved})
		must(t, err)
		r.takes(t, m)
		eventually(t, "told of the verdict", func() bool {
			return slices.ContainsFunc(r.of(c), func(p posted) bool { return p.event.Moderation.Status == "approved" })
		})
	})

	t.Run("a text that was deleted while it waited is not posted", func(t *testing.T) {
		var refuses atomic.Bool
		r := receives(t, func(posted) int {
			if refuses.Load() {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		limits := quick
		limits.Fresh = time.Millisecond
		limits.MaxRetryAfter = 50 * time.Millisecond
		w.tells(t, limits, r.Endpoint)
		w.begun(t, r)
		c := w.talk(t, "alice", "bob")
		refuses.Store(true)
		m := w.says(t, c, "à oublier")
		waiting := w.says(t, c, "derrière")
		_, err := w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
		must(t, err)
		_, err = w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: waiting.GetId()})
		must(t, err)
		// What is under way with the text is answered by then.
		tried := len(r.triedOf(c))
		eventually(t, "tried again", func() bool { return len(r.triedOf(c)) > tried+2 })
		refuses.Store(false)
		eventually(t, "told of the deletions", func() bool {
			return slices.ContainsFunc(r.of(c), func(p posted) bool {
				return p.event.Event == "message.deleted" && p.event.Message.ID == waiting.GetId()
			})
		})
		for _, p := range r.of(c) {
			if p.event.Message.Content != "" {
				t.Errorf("it is told %s", p.body)
			}
		}
	})

	t.Run("what happens while nobody posts is told afterwards, by one of those that could", func(t *testing.T) {
		r := receives(t, nil)
		first := w.tells(t, quick, r.Endpoint)
		w.begun(t, r)
		first.stop()
		c := w.talk(t, "alice", "bob")
		var want []string
		for i := range 30 {
			want = append(want, fmt.Sprint(i))
			w.says(t, c, want[i])
		}
		second, third := w.tells(t, quick, r.Endpoint), w.tells(t, quick, r.Endpoint)
		r.takes(t, w.says(t, c, "fin"))
		if got := r.contents(c); !slices.Equal(got, append(want, "fin")) {
			t.Errorf("it took %v", got)
		}
		eventually(t, "posted to by one", func() bool {
			return second.counted(t, "palabre_webhook_active", "")+third.counted(t, "palabre_webhook_active", "") == 1
		})
	})
}

func TestAWebhookThatIsTooFarBehindIsToldToResyncAndGoesOnFromTheOldestEvent(t *testing.T) {
	const kept = time.Second
	w := newWorld(t, func(c *app.Config) { c.Events = chat.Retention{Events: kept, ConsumerTimeout: kept} })
	var away atomic.Bool
	r := receives(t, func(posted) int {
		if away.Load() {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	told := w.tells(t, quick, r.Endpoint)
	w.begun(t, r)
	c := w.talk(t, "alice", "bob")
	eventually(t, "told of the conversation", func() bool { return len(r.of(c)) == 1 })
	away.Store(true)
	lost := w.says(t, c, "perdu")
	resynced := func() bool {
		return slices.ContainsFunc(r.triedOf(""), func(p posted) bool { return p.event.Event == "resync" })
	}
	eventually(t, "told to resync", func() bool {
		// A process that begins with a webhook which takes nothing does not keep its events for longer.
		told.stop()
		told = w.tells(t, quick, r.Endpoint)
		<-time.After(kept / 5)
		return resynced()
	})
	away.Store(false)
	// Of what happens from now on, what is kept long enough is told.
	said := 0
	eventually(t, "told of what came then", func() bool {
		if said++; said%20 == 1 {
			w.says(t, c, "gardé")
		}
		return slices.Contains(r.contents(c), "gardé")
	})
	taken := r.of("")
	if len(taken) == 0 || taken[0].header.Get("webhook-id") != taken[0].event.EventID || r.has(lost) {
		t.Errorf("it took %v", taken)
	}
	if n := told.counted(t, "palabre_webhook_events_total", "gone"); n == 0 {
		t.Error("it is not counted")
	}
}
