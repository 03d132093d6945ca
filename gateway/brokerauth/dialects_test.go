package brokerauth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/gateway/brokerauth"
	"github.com/palabre/palabre/internal/auth"
)

// each runs a test for every kind of broker.
func each(t *testing.T, test func(t *testing.T, b broker)) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

func TestWhoMayConnect(t *testing.T) {
	alice, rita := token(t, "geosector", "alice", "1"), token(t, "resalice", "rita", "1")
	each(t, func(t *testing.T, b broker) {
		w := start(t)
		for name, tt := range map[string]struct{ username, password, want string }{
			"with a token":                      {"alice", alice, "lets"},
			"a visitor":                         {visitor, visitorToken(t), "lets"},
			"the gateway":                       {gatewayUser, gatewayPassword, "lets"},
			"under another's name":              {"bob", alice, "denies"},
			"under no name":                     {"", alice, "denies"},
			"without a password":                {"alice", "", "denies"},
			"with a token that is none":         {"alice", "letmein", "denies"},
			"with the token's signature cut":    {"alice", alice[:len(alice)-4], "denies"},
			"of an application not served":      {"rita", rita, "denies"},
			"as the gateway with another word":  {gatewayUser, "letmein", "denies"},
			"as the gateway with alice's token": {gatewayUser, alice, "denies"},
			"alice with the gateway's password": {"alice", gatewayPassword, "denies"},
			"a visitor without their prefix":    {visitID, visitorToken(t), "denies"},
		} {
			if got := w.connects(b, tt.username, tt.password); got != tt.want {
				t.Errorf("%s: the broker %s", name, got)
			}
		}
	})
}

func TestWhoMayPublishWhere(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		w := start(t)
		for topic, want := range map[string]string{
			"chat/user/alice/send": "lets", "chat/user/alice/receipts": "lets", "chat/user/alice/sync": "lets",
			"chat/user/alice/typing": "lets", "chat/user/alice/presence": "lets", "chat/message/send": "lets",
			"chat/user/bob/send": "denies", "chat/user/alice/messages": "denies", "chat/user/alice/acks": "denies",
			"chat/announcement": "denies", "chat/conversation/" + group: "denies", "chat/typing/" + group: "denies",
			"chat/moderation/m1": "denies", "resalice/user/alice/send": "denies", "$SYS/broker": "denies", "$delayed/5/chat/user/alice/send": "denies",
			"chat/user/alice/send/": "denies", "chat//alice/send": "denies", "chat/user/+/send": "denies", "#": "denies",
		} {
			if got := w.publishes(b, "alice", topic, 1, false); got != want {
				t.Errorf("alice on %s: the broker %s", topic, got)
			}
		}
	})
}

func TestWhoMaySubscribeToWhat(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		w := start(t)
		for _, tt := range []struct{ username, topic, want string }{
			{"alice", "chat/user/alice/messages", "lets"},
			{"alice", "chat/user/alice/acks", "lets"},
			{"alice", "chat/user/alice/+", "lets"},
			{"alice", "chat/announcement", "lets"},
			{"alice", "chat/conversation/" + group, "lets"},
			{"alice", "chat/typing/" + group, "lets"},
			{visitor, "chat/user/" + visitor + "/messages", "lets"},
			{visitor, "chat/typing/" + group, "lets"},
			{visitor, "chat/conversation/" + group, "denies"},
			{visitor, "chat/announcement", "denies"},
			{"bob", "chat/conversation/" + group, "denies"},
			{"alice", "chat/conversation/" + elsewhat, "denies"},
			{"alice", "chat/user/bob/messages", "denies"},
			{"alice", "chat/user/+/messages", "denies"},
			{"alice", "chat/user/alice/#", "denies"},
			{"alice", "chat/conversation/+", "denies"},
			{"alice", "chat/user/alice/send", "denies"},
			{"alice", "chat/moderation/m1", "denies"},
			{"alice", "chat/#", "denies"},
			{"alice", "#", "denies"},
			{"alice", "$SYS/#", "denies"},
			{"alice", "$share/gw/chat/user/+/send", "denies"},
			{"alice", "$share/gw/chat/user/alice/messages", "denies"},
			{"alice", "resalice/user/alice/messages", "denies"},
			{"alice", strings.Repeat("a/", 20_000), "denies"},
			{"", "chat/user//messages", "denies"},
			{"anon:", "chat/user/anon:/messages", "denies"},
			{"a/b", "chat/announcement", "denies"},
		} {
			if got := w.subscribes(b, tt.username, tt.topic); got != tt.want {
				t.Errorf("%s to %.80s: the broker %s", tt.username, tt.topic, got)
			}
		}
	})
}

func TestTheGatewayMayDoEverythingUnderThePrefixesAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		w := start(t, twoApplications)
		for topic, want := range map[string]string{
			"chat/user/+/send": "lets", "resalice/user/+/sync": "lets", "$share/gw/chat/user/+/send": "lets", "chat/#": "lets",
			"#": "denies", "+/user/+/send": "denies", "$SYS/#": "denies", "other/user/+/send": "denies", "$share/gw/#": "denies", "chat": "denies",
		} {
			if got := w.subscribes(b, gatewayUser, topic); got != want {
				t.Errorf("to %s: the broker %s", topic, got)
			}
		}
		for topic, want := range map[string]string{
			"chat/user/alice/messages": "lets", "resalice/announcement": "lets", "chat/user/alice/send": "lets",
			"other/announcement": "denies", "$SYS/x": "denies", "$share/gw/chat/x": "denies",
		} {
			if got := w.publishes(b, gatewayUser, topic, 1, true); got != want {
				t.Errorf("on %s: the broker %s", topic, got)
			}
		}
	})
}

// Whatever is asked, what cannot be found out is refused in words that the broker does not pass over.
func TestWithTheServiceDownEverybodyIsRefused(t *testing.T) {
	for name, check := range map[string]func(context.Context) error{
		"it fails":            func(context.Context) error { return errDown },
		"it does not answer":  func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"the answer is a bug": func(context.Context) error { panic("a bug") },
	} {
		each(t, func(t *testing.T, b broker) {
			w := start(t, func(c *brokerauth.Config) {
				c.Timeout = 10 * time.Millisecond
				c.Authenticator = failing{check}
			})
			w.members.setCheck(check)
			if got := w.subscribes(b, "alice", "chat/conversation/"+group); got != "denies" {
				t.Errorf("%s, subscribing: the broker %s", name, got)
			}
			if got := w.connects(b, "alice", token(t, "geosector", "alice", "1")); got != "denies" {
				t.Errorf("%s, connecting: the broker %s", name, got)
			}
			if got := w.subscribes(b, "alice", "chat/user/alice/messages"); got != "lets" {
				t.Errorf("%s, subscribing where nobody has to be asked: the broker %s", name, got)
			}
		})
	}
}

// failing is an Authenticator that nothing can be learnt from.
type failing struct{ check func(context.Context) error }

func (f failing) Token(ctx context.Context, _ string) (auth.Principal, error) {
	return auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice"}, f.check(ctx)
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		for _, body := range []string{
			"", "null", "{}", "[]", "{", "{\"username\":\"alice\"", "username=%zz", "username=a&username=b", "\x00", `{"username":{"a":1}}`,
			`{"username":"alice","topic":"","action":"publish","acc":2}`, strings.Repeat("x", 600_000), `{"username":"alice","topic":"chat/announcement","acc":4,"x":"` + strings.Repeat("x", 600_000) + `"}`,
			`{"username":"alice","topics":[]}`, `{"username":"alice","topic":"chat/announcement","acc":"-1"}`,
			`{"username":"alice","topic":"chat/announcement","acc":16}`, `{"username":"alice","topic":"chat/announcement","action":"all"}`,
			"username=alice&topic=chat/announcement&access=3", "username=alice&access=1",
		} {
			w := start(t)
			for path, headers := range map[string][]string{"/mqtt/auth": b.register, "/mqtt/acl": b.subscribeHook} {
				rec := w.post(path, body, append(b.headers, headers...)...)
				if got := b.takes(rec); got == "lets" {
					t.Errorf("%s %.60q: the broker lets, for %s", path, body, rec.Body)
				}
			}
		}
	})
}

func TestWhatEMQXMayNotHaveFilledInIsRefused(t *testing.T) {
	w := start(t)
	for _, change := range []string{
		`"qos":"x"`, `"qos":3`, `"qos":-1`, `"retain":"maybe"`, `"topic":""`, `"application":"undefined"`, `"application":""`, `"username":"undefined"`,
	} {
		// Of two members with one name the last counts.
		body := `{"username":"alice","topic":"chat/user/alice/send","action":"publish","application":"geosector",` + change + `}`
		if rec := w.post("/mqtt/acl", body, inJSON); emqxTakes(rec) != "denies" {
			t.Errorf("%s: EMQX %s", change, emqxTakes(rec))
		}
	}
}

func TestAQuestionAtTheOthersPathIsNone(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		w := start(t)
		alice := token(t, "geosector", "alice", "1")
		if rec := w.post("/mqtt/acl", b.connect("alice", alice), append(b.headers, b.register...)...); b.takes(rec) == "lets" {
			t.Errorf("a CONNECT: %s", rec.Body)
		}
		if rec := w.post("/mqtt/auth", b.publish("alice", "chat/user/alice/send", 1, false), append(b.headers, b.publishHook...)...); b.takes(rec) == "lets" {
			t.Errorf("a PUBLISH: %s", rec.Body)
		}
	})
}

func TestUsersPublishAtQoS1AtMostAndNothingRetained(t *testing.T) {
	each(t, func(t *testing.T, b broker) {
		if !strings.HasPrefix(b.name, "EMQX") && !strings.HasPrefix(b.name, "VerneMQ") {
			t.Skip("this broker does not tell; deploy/ has its settings")
		}
		w := start(t)
		if got := w.publishes(b, "alice", "chat/user/alice/send", 2, false); got != "denies" {
			t.Errorf("QoS 2: the broker %s", got)
		}
		if got := w.publishes(b, "alice", "chat/user/alice/send", 1, true); got != "denies" {
			t.Errorf("retained: the broker %s", got)
		}
	})
}
