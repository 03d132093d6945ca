package broker_test

import (
	"fmt"
	"testing"

	"github.com/palabre/palabre/internal/auth"
)

// BenchmarkRoundTrip is an uplink to the gateway and its answer.
func BenchmarkRoundTrip(b *testing.B) {
	w := start(b)
	alice := w.connects("alice")
	alice.subscribes("chat/user/alice/acks")
	for b.Loop() {
		alice.Publish("chat/user/alice/send", 1, false, `{"content":"bonjour"}`)
		w.gateway.next()
		w.gateway.Publish("chat/user/alice/acks", 1, false, `{"status":"sent"}`)
		alice.next()
	}
}

// BenchmarkConversation is a message published to a conversation of 100 members, each checked, until the last has it.
func BenchmarkConversation(b *testing.B) {
	const members = 100
	w := start(b)
	received := make(chan struct{}, members)
	for i := range members {
		name := fmt.Sprint("member-", i)
		w.tokens.issue(name+"-token", auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: name})
		w.members.set("geosector", name, "c1", true)
		p := w.connects(name)
		p.subscribes("chat/conversation/c1")
		go func() {
			for range p.received {
				received <- struct{}{}
			}
		}()
	}
	b.ReportAllocs()
	for b.Loop() {
		w.gateway.Publish("chat/conversation/c1", 1, false, `{"event":"message.created"}`)
		for range members {
			<-received
		}
	}
}
