package mqttgw_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
)

// Whatever is published, on whatever topic, the gateway settles it, does not panic, stays connected, and takes the next good
// message. The broker lets everything through, as one of others may.
func FuzzWhatIsPublished(f *testing.F) {
	for _, verb := range []string{"send", "receipts", "sync", "typing", "presence"} {
		for _, payload := range poisoned {
			f.Add("chat/user/bob/"+verb, []byte(payload), true)
		}
	}
	for _, topic := range []string{
		"chat/message/send", "chat/user/a.b/send", "chat/user//send", "chat/user/" + strings.Repeat("b", 65) + "/send", "resalice/user/bob/sync",
		"chat/user/bob/messages", "chat/user/anon:x/typing", "chat/user/bob/send/", "chat/user/é/send", "/", "unknown/user/bob/send",
	} {
		f.Add(topic, []byte(`{"conversationId":"`+pair+`","content":"a"}`), false)
	}
	panics := newPanicLog()
	w := start(f, func(c *mqttgw.Config) { c.Logger = slog.New(panics) })
	alice, outsider := w.connects("alice"), w.outsider()
	f.Fuzz(func(t *testing.T, topic string, payload []byte, atQoS1 bool) {
		if !publishable(topic) || len(payload) > 60<<10 { // the broker would end the connection
			return
		}
		var qos byte
		if atQoS1 {
			qos = 1
		}
		w.t, alice.t, outsider.t = t, t, t
		outsider.wait(outsider.Publish(topic, qos, false, payload))
		alice.isServed(rand.Text())
		eventually(t, "everything is settled", func() bool { return w.counted("palabre_mqtt_uplinks_queued", "") == 0 })
		if panics.seen() {
			t.Errorf("panic at %q on %q", payload, topic)
		}
		if n := w.counted("palabre_mqtt_retries_total", "connection"); n > 0 {
			t.Fatalf("the connection was lost at %q on %q", payload, topic)
		}
	})
}

// poisoned are payloads that no uplink has, and one that a message has.
var poisoned = []string{
	`{`, `null`, `[]`, `12`, `{} {}`, "\x00", "\xff\xfe", `{"content":"\ud800"}`, `{"conversationId":1e999,"read":NaN}`,
	`{"conversationId":"c","content":"a","content":"b"}`, `{"requestId":"r","limit":99999999999999999999}`,
	`{"timestamp":` + strings.Repeat("[", 2_000) + strings.Repeat("]", 2_000) + `}`, strings.Repeat(`{"a":`, 2_000),
	`{"clientMessageId":"m","conversationId":"` + pair + `","content":"` + strings.Repeat("x", 17<<10) + `"}`,
	`{"clientMessageId":"` + strings.Repeat("m", 300) + `","conversationId":"` + pair + `","content":"a"}`,
	`{"conversationId":"` + pair + `","content":"a","senderId":"alice","token":"alice@geosector"}`,
	`{"conversationId":"` + pair + `","delivered":-1,"read":"9223372036854775807","typing":true,"status":"online","sessionId":"s"}`,
}

// publishable says whether a topic is one that MQTT lets anybody publish on [MQTT-3.3.2-2], [MQTT-1.5.3].
func publishable(topic string) bool {
	return topic != "" && len(topic) <= 512 && utf8.ValidString(topic) && !strings.ContainsAny(topic, "+#\x00") && topic[0] != '$'
}

// isServed has a person sync, and passes over whatever else is answered meanwhile.
func (p *person) isServed(requestID string) {
	p.t.Helper()
	p.says("sync", map[string]string{"requestId": requestID})
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.received:
			if bytes.Contains(m.Payload(), []byte(requestID)) {
				return
			}
		case <-deadline:
			p.t.Fatalf("%s is not answered", p.id)
		}
	}
}

// panicLog looks for panics among what is logged.
type panicLog struct {
	slog.Handler
	panics chan struct{}
}

func newPanicLog() *panicLog {
	return &panicLog{Handler: slog.DiscardHandler, panics: make(chan struct{}, 1)}
}

// Enabled implements slog.Handler.
func (*panicLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (l *panicLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "panic") {
		select {
		case l.panics <- struct{}{}:
		default:
		}
	}
	return nil
}

func (l *panicLog) seen() bool { return len(l.panics) > 0 }
