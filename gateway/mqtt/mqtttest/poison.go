package mqtttest

import (
	"strings"

	"google.golang.org/grpc/codes"
)

var poison = []scenario{
	{"what cannot be read is answered and counted, and never comes back", poisonIsAnsweredOnce, nil},
	{"an empty payload is dropped and counted", anEmptyPayloadIsDropped, nil},
	{"a retained uplink is dropped, and taken away from the broker", aRetainedUplinkIsTakenAway, keepsRetained},
	{"a retained uplink is refused by the broker", aRetainedUplinkIsRefused, refusesRetained},
}

// poisons are payloads that no uplink has, by verb. Those that name a conversation do not lead to it.
var poisons = map[string][]string{
	"send": {
		`{`, `null`, `[]`, `"text"`, `12`, `{} {}`, "\x00", "\xff\xfe\xfd", `{"content":"` + "\xc3\x28" + `"}`,
		`{"conversationId":"c","content":"a","content":"b"}`,
		`{"conversationId":"c","content":"a","colour":"red"}`,
		`{"conversationId":"c","content":{"a":1}}`,
		`{"conversationId":"c","content":"\ud800"}`,
		`{"timestamp":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `}`,
		strings.Repeat(`{"a":`, 3_000),
		`{"conversationId":"c","content":"` + strings.Repeat("x", 17<<10) + `"}`,
	},
	"receipts": {
		`{"conversationId":"c","read":NaN}`, `{"conversationId":"c","read":1e400}`, `{"conversationId":"c","read":99999999999999999999}`,
		`{"conversationId":"c","read":1.5}`, `{"conversationId":"c","read":-Infinity}`,
	},
	"sync":   {`{"requestId":"r","limit":1e99}`, `{"requestId":"r","limit":99999999999}`, `{"requestId":["r"]}`},
	"typing": {`{"conversationId":"c","typing":"yes"}`, `{"typing":true,"typing":false}`},
}

func poisonIsAnsweredOnce(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	before := s.counted("palabre_mqtt_uplinks_total", "poison") + s.counted("palabre_broker_publishes_dropped_total", "payload_too_large")
	count := 0
	for verb, payloads := range poisons {
		for _, payload := range payloads {
			alice.says(verb, payload)
			if r := alice.refusal(); r.GetCode() != int32(codes.InvalidArgument) || r.GetRetryable() || r.GetReason() == "" {
				s.Errorf("%.60q on %s is answered %v", payload, verb, r)
			}
			count++
		}
	}
	alice.sends(room, "m-1", "the next good one")
	after := s.counted("palabre_mqtt_uplinks_total", "poison") + s.counted("palabre_broker_publishes_dropped_total", "payload_too_large")
	if after-before != float64(count) {
		s.Errorf("%v counted, want %d", after-before, count)
	}
	s.kill()
	s.start()
	alice.isThere()
	alice.sends(room, "m-2", "the next good one, after a restart")
	if after := s.counted("palabre_mqtt_uplinks_total", "poison"); after > 0 { // the counters began anew
		s.Errorf("%v came back", after)
	}
}

// isThere connects a person again if the broker has ended their connection, or went down with the gateway.
func (p *person) isThere() {
	p.on.Helper()
	if p.on.Faults.Broker == nil || p.over() {
		p.connects()
	}
}

func anEmptyPayloadIsDropped(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	before := s.counted("palabre_mqtt_dropped_total", "empty")
	alice.says("send", "")
	alice.sends(room, "m-1", "the next good one")
	if after := s.counted("palabre_mqtt_dropped_total", "empty"); after != before+1 {
		s.Errorf("%v counted as empty", after-before)
	}
}

// To the gateway's session, which is there, it comes as any other message too: once.
func aRetainedUplinkIsTakenAway(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	s.kill()
	if err := settled(alice.Publish(alice.topic("send"), 1, true, `{`)); err != nil {
		s.Fatal(err)
	}
	s.start()
	dropped := func() float64 { return s.counted("palabre_mqtt_dropped_total", "retained") }
	s.eventually("it is dropped", func() bool { return dropped() >= 1 })
	s.eventually("it is taken away", func() bool { return s.counted("palabre_mqtt_dropped_total", "empty") >= 1 })
	s.isCalm()
	s.kill()
	s.start()
	alice.sends(room, "m-1", "the next good one")
	if dropped() != 0 || s.counted("palabre_mqtt_uplinks_total", "poison") != 0 {
		s.Error("it came back")
	}
}

func aRetainedUplinkIsRefused(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	alice.Publish(alice.topic("send"), 1, true, encode(s.T, message(room, "m-1", "for ever")))
	if ack := alice.ack(room); ack.GetRefusal().GetField() != "retain" || ack.GetRefusal().GetRetryable() {
		s.Errorf("the ack is %v", ack)
	}
	alice.sends(room, "m-2", "once")
	s.equal("stored", s.stored(room), []string{"once"})
}
