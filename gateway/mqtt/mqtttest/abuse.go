package mqtttest

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// What a user may try against a broker must not be noticed by others, nor keep the gateway from its work. (What the embedded
// broker answers to each of these is said more closely in internal/broker.)
var abuse = []scenario{
	{"packets that no client sends end the connection they come on", brokenPacketsEndTheirConnection, nil},
	{"topics of 65,000 levels hold up nobody", endlessTopicsHoldUpNobody, nil},
	{"ten megabytes get nowhere", tenMegabytesGetNowhere, nil},
	{"nothing is retained on what the gateway says", nothingIsRetainedForOthers, nil},
	{"a message of QoS 2 is stored once, where the broker takes it", qos2IsStoredOnce, takesQoS2},
	{"a message of QoS 2 ends the connection, where the broker does not take it", qos2EndsTheConnection, refusesQoS2},
	{"who floods is answered to the last, and holds up nobody", aFloodHoldsUpNobody, nil},
	{"who connects with another's client id hears nothing of theirs", aTakenClientIDTellsNothing, nil},
	{"who connects with the name of the gateway's session does not end it", theGatewaysSessionIsNobodysToTake, hasBroker},
	{"who never reads holds up nobody", whoNeverReadsHoldsUpNobody, nil},
	{"connections that say nothing, and passwords that are none, hold up nobody", strangersHoldUpNobody, nil},
}

func takesQoS2(s Setup) bool   { return s.Broker.TakesQoS2 }
func refusesQoS2(s Setup) bool { return !s.Broker.TakesQoS2 }

// bystanders are two who talk while somebody else is up to something.
type bystanders struct {
	alice, bob *person
	room       string
	said       int
}

func (s *stage) bystanders() *bystanders {
	s.Helper()
	return &bystanders{alice: s.enters("alice"), bob: s.enters("bob"), room: s.together("alice", "bob")}
}

// talk goes on on the connections that they had before: alice says something, is answered, and bob hears it.
func (b *bystanders) talk() {
	b.alice.on.Helper()
	b.said++
	id := fmt.Sprint("m-", b.said)
	ack := b.alice.sends(b.room, id, id)
	if e := b.bob.receives(b.room, "message.created"); e.GetMessage().GetId() != ack.GetMessageId() {
		b.alice.on.Errorf("bob hears %v, alice was answered %v", e, ack)
	}
}

func brokenPacketsEndTheirConnection(s *stage) {
	frame := func(first byte, body ...byte) string { return string(append([]byte{first, byte(len(body))}, body...)) }
	publish := func(topic string) string {
		return frame(0x30, append([]byte{0, byte(len(topic))}, topic...)...)
	}
	others := s.bystanders()
	for name, bytes := range map[string]string{
		"SUBSCRIBE without filters":   frame(0x82, 0, 1),
		"SUBSCRIBE cut in its filter": frame(0x82, 0, 1, 0, 9, 'a'),
		"SUBSCRIBE with packet id 0":  frame(0x82, 0, 0, 0, 1, 'a', 1),
		"PUBLISH at QoS 3":            frame(0x36, 0, 1, 'a', 0, 1),
		"PUBLISH with packet id 0":    frame(0x32, 0, 1, 'a', 0, 0),
		"PUBLISH to a wildcard":       publish("chat/user/+/send"),
		"PUBLISH with NUL":            publish("chat\x00"),
		"PUBLISH with invalid UTF-8":  publish("chat\xff"),
		"a second CONNECT":            frame(0x10, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 30, 0, 1, 'a'),
		"packet type 0":               frame(0x00),
		"a length of five bytes":      "\x30\xff\xff\xff\xff\x01",
	} {
		w := s.wireOf("mallory")
		_, _ = w.Write([]byte(bytes)) // a broker may end it at the first byte
		if !w.isEnded() {
			s.Errorf("%s: the connection goes on", name)
		}
	}
	for _, bytes := range []string{publish("chat/user/mallory/send"), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"} {
		w := s.wire()
		_, _ = w.Write([]byte(bytes))
		if !w.isEnded() {
			s.Errorf("%q for a CONNECT: the connection goes on", bytes)
		}
	}
	others.talk()
}

func endlessTopicsHoldUpNobody(s *stage) {
	others := s.bystanders()
	endless := strings.Repeat("/", 65_000)
	for _, topic := range []string{endless, "chat/user/mallory" + endless[:40_000]} {
		w := s.wireOf("mallory")
		w.sends(subscribe(topic, 1))
		w.sends(publish(topic, "nobody's", 1, 2))
		others.talk()
	}
}

func tenMegabytesGetNowhere(s *stage) {
	others, mallory := s.bystanders(), s.wireOf("mallory")
	go mallory.sends(publish("chat/user/mallory/send", strings.Repeat("x", 10<<20), 1, 1))
	if !mallory.isEnded() {
		s.Error("the connection goes on")
	}
	others.talk()
}

func nothingIsRetainedForOthers(s *stage) {
	s.enters("alice")
	mallory := s.enters("mallory")
	for _, topic := range []string{
		"chat/user/alice/messages", "chat/user/alice/acks", "chat/user/mallory/messages", "chat/user/mallory/acks", "chat/announcement",
	} {
		mallory.Publish(topic, 1, true, "for ever")
		if mallory.isCut() {
			mallory.connects()
		}
	}
	others, mallory := s.bystanders(), s.enters("mallory")
	own := s.together("mallory", "bob")
	mallory.sends(own, "m-1", "still here")
	mallory.receives(own, "message.created")
	others.talk()
	for _, p := range []*person{others.alice, others.bob, mallory} {
		for _, m := range p.passed {
			if m.Retained() || string(m.Payload()) == "for ever" {
				s.Errorf("%s hears %s on %s", p.name, m.Payload(), m.Topic())
			}
		}
	}
}

// manyHalves is how many messages of QoS 2 are begun and never ended.
const manyHalves = 2_000

// The gateway subscribes at QoS 1: what comes to the broker at QoS 2 it gets as anything else, once it is complete.
func qos2IsStoredOnce(s *stage) {
	others, mallory := s.bystanders(), s.wireOf("mallory")
	for id := range manyHalves {
		mallory.sends(publish("chat/user/mallory/send", `{`, 2, id+1))
	}
	others.talk()
	own := s.together("alice", "bob")
	if err := settled(others.alice.Publish(others.alice.topic("send"), 2, false, encode(s.T, message(own, "m-1", "once")))); err != nil {
		s.Fatal(err)
	}
	if ack := others.alice.ack(own); ack.GetStatus() != chatv1.SendAck_sent || ack.GetDuplicate() {
		s.Errorf("the ack is %v", ack)
	}
	s.equal("stored", s.stored(own), []string{"once"})
}

func qos2EndsTheConnection(s *stage) {
	others, mallory := s.bystanders(), s.wireOf("mallory")
	own := s.together("mallory", "alice")
	mallory.sends(publish("chat/user/mallory/send", string(encode(s.T, message(own, "m-1", "twice"))), 2, 1))
	if !mallory.isEnded() {
		s.Error("the connection goes on")
	}
	others.talk()
	s.equal("stored", s.stored(own), nil)
}

// aFlood is how many uplinks are sent at once.
const aFlood = 3_000

func aFloodHoldsUpNobody(s *stage) {
	others, mallory := s.bystanders(), s.wireOf("mallory")
	poison := func() float64 { return s.counted("palabre_mqtt_uplinks_total", "poison") }
	before, done := poison(), make(chan struct{})
	go func() { // reading no PUBACK
		defer close(done)
		for id := range aFlood {
			mallory.sends(publish("chat/user/mallory/receipts", `{`, 1, id+1))
		}
	}()
	others.talk()
	<-done
	others.talk()
	s.eventually("all of it is answered", func() bool { return poison() == before+aFlood })
}

func aTakenClientIDTellsNothing(s *stage) {
	id, ofHers := "device-"+newID(), s.together("alice", "bob")
	same := func(o *paho.ClientOptions) { o.SetClientID(id).SetCleanSession(false) }
	alice := s.enters("alice", same)
	cursor := alice.now()
	alice.Disconnect(50)
	s.writes("bob", ofHers, "while she is away")
	mallory := s.enters("mallory", same)
	s.writes("bob", ofHers, "while another is there")
	own := s.together("mallory", "bob")
	s.writes("bob", own, "to mallory")
	mallory.receives(own, "message.created")
	alice.connects(same) // which may end mallory's connection, or be another session
	events, _ := alice.catchesUp(ofHers, cursor)
	if len(events) != 2 {
		s.Errorf("alice has %d events, want 2", len(events))
	}
	for _, m := range mallory.passed {
		if !strings.HasPrefix(m.Topic(), "chat/user/mallory/") {
			s.Errorf("mallory hears %s on %s", m.Payload(), m.Topic())
		}
	}
}

// A broker ends the session of whoever has a client id when another connects with it, whoever that is.
func theGatewaysSessionIsNobodysToTake(s *stage) {
	others := s.bystanders()
	reconnected := func() float64 { return s.counted("palabre_mqtt_retries_total", "connection") }
	before := reconnected()
	for range 3 {
		s.enters("mallory", func(o *paho.ClientOptions) { o.SetClientID("gw-0") }).Disconnect(0)
		others.talk()
	}
	if times := reconnected() - before; times > 0 {
		s.Errorf("the gateway had to connect anew %v times", times)
	}
}

func whoNeverReadsHoldsUpNobody(s *stage) {
	const many = 150
	alice, bob, mallory := s.enters("alice"), s.enters("bob"), s.wireOf("mallory")
	mallory.sends(subscribe("chat/user/mallory/messages", s.Broker.SubscribeQoS))
	room := s.together("alice", "bob", "mallory")
	long := strings.Repeat("x", 7_000)
	for n := range many {
		s.writes("alice", room, fmt.Sprint(n, " ", long))
	}
	if got := len(bob.receivesOnce(room, many)); got != many {
		s.Errorf("bob has %d", got)
	}
	alice.sends(room, "m-1", "the next")
}

func strangersHoldUpNobody(s *stage) {
	const silent, forged = 200, 20
	others := s.bystanders()
	at, err := url.Parse(s.URL)
	if err != nil {
		s.Fatal(err)
	}
	for range silent {
		c, err := net.DialTimeout("tcp", at.Host, answerTime)
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() { c.Close() })
	}
	for range forged {
		if code, answered := s.wire().introduces("alice", "not-hers"); answered && code == 0 {
			s.Fatal("a password that is none is taken")
		}
	}
	began := time.Now()
	s.enters("carol")
	s.Logf("carol was let in after %v", time.Since(began).Round(time.Millisecond))
	others.talk()
}
