package mqtttest

import (
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

var outages = []scenario{
	{"while the service is away, what is sent waits and keeps its order", theServiceIsAway, hasServiceLine},
	{"no more is taken than the window holds; the rest the broker keeps", theBrokerHoldsTheRest, boundsUplinks},
	{"a gateway killed before the answer leaves one message", theGatewayIsKilledBeforeTheAnswer, hasServiceLine},
	{"what a killed gateway had not settled comes again", whatWasNotSettledComesAgain, boundsUplinks},
	{"the cursor moves only with the broker's acknowledgement", theCursorMovesOnAcknowledgement, hasBrokerLine},
	{"a slow broker slows what is heard, and not what is sent", aSlowBrokerSlowsOnlyTheDownlink, hasBrokerLine},
	{"a half-open connection to the broker is noticed and made anew", aHalfOpenConnectionIsNoticed, hasBrokerLine},
	{"a broker that is killed and starts again is survived", theBrokerIsKilled, hasBroker},
	{"what a broker lost with a session is healed by sync", aLostSessionIsHealed, nil},
}

func theServiceIsAway(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	s.Faults.ToService.Cut()
	want := alice.pours(room, 30)
	s.eventually("it is tried again", func() bool { return s.counted("palabre_mqtt_retries_total", "send") > 2 })
	s.equal("stored meanwhile", s.stored(room), nil)
	s.Faults.ToService.Heal()
	s.equal("acks", alice.acks(room, len(want)), want)
	s.equal("stored", s.stored(room), want)
	s.equal("heard", bob.receivesOnce(room, len(want)), want)
}

func theBrokerHoldsTheRest(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	s.Faults.ToService.Cut()
	window := s.Broker.Unacknowledged
	want := alice.pours(room, 2*window) // the broker has all of it now
	s.eventually("the window is full", func() bool { return s.queued() == float64(window) })
	if n := s.counted("palabre_mqtt_dropped_total", "queue_full"); n > 0 {
		s.Errorf("%v did not fit into the gateway", n)
	}
	s.Faults.ToService.Heal()
	s.equal("acks", alice.acks(room, len(want)), want)
	s.equal("stored", s.stored(room), want)
}

// The answer of the service is on its way when the gateway is killed: the message is stored, and nobody was told.
func theGatewayIsKilledBeforeTheAnswer(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	s.Faults.ToService.Slow(700 * time.Millisecond)
	alice.says("send", message(room, "m-1", "once"))
	s.eventually("it is stored", func() bool { return len(s.stored(room)) == 1 })
	s.kill()
	s.Faults.ToService.Heal()
	s.start()
	if s.Faults.Broker == nil { // it went down with the gateway: the sender repeats
		alice.connects()
		alice.says("send", message(room, "m-1", "once"))
	}
	if ack := alice.ack(room); ack.GetStatus() != chatv1.SendAck_sent || !ack.GetDuplicate() {
		s.Errorf("the ack is %v", ack)
	}
	s.equal("stored", s.stored(room), []string{"once"})
}

func whatWasNotSettledComesAgain(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	s.Faults.ToService.Cut()
	want := alice.pours(room, 50)
	s.eventually("the gateway has it", func() bool { return s.queued() == float64(len(want)) })
	s.kill()
	s.Faults.ToService.Heal()
	s.start()
	got := alice.acks(room, len(want))
	slices.Sort(got) // A broker may deliver again in any order; senders who care wait for their ack.
	s.equal("acks", got, want)
	got = s.stored(room)
	slices.Sort(got)
	s.equal("stored", got, want)
}

// What the gateway has published and the broker has not acknowledged is published again by who comes after it.
func theCursorMovesOnAcknowledgement(s *stage) {
	bob := s.enters("bob")
	room := s.together("alice", "bob")
	s.isCalm()
	s.Faults.ToBroker.BlackHole()
	want := numbered(20)
	for _, content := range want {
		s.writes("alice", room, content)
	}
	s.eventually("it is published", func() bool { return s.counted("palabre_mqtt_unacknowledged", "") >= float64(len(want)) })
	s.kill()
	s.Faults.ToBroker.Heal()
	s.start()
	s.equal("heard", bob.receivesOnce(room, len(want)), want)
}

func aSlowBrokerSlowsOnlyTheDownlink(s *stage) {
	bob := s.enters("bob")
	room := s.together("alice", "bob")
	const delay = time.Second
	s.Faults.ToBroker.Slow(delay)
	defer s.Faults.ToBroker.Heal()
	want := numbered(50)
	began := time.Now()
	for _, content := range want {
		s.writes("alice", room, content)
	}
	if sent := time.Since(began); sent > time.Duration(len(want))*delay/4 {
		s.Errorf("sending %d took %v", len(want), sent)
	}
	s.equal("heard", bob.receivesOnce(room, len(want)), want)
	if heard := time.Since(began); heard < delay {
		s.Errorf("all was heard after %v, through a network that takes %v", heard, delay)
	}
}

func aHalfOpenConnectionIsNoticed(s *stage) {
	alice, bob := s.enters("alice"), s.enters("bob")
	room := s.together("alice", "bob")
	s.Faults.ToBroker.BlackHole()
	s.writes("alice", room, "into the void")
	s.eventually("it is noticed", func() bool { return s.counted("palabre_mqtt_connected", "") == 0 })
	s.Faults.ToBroker.Heal()
	alice.sends(room, "m-1", "again")
	s.equal("heard", bob.receivesOnce(room, 2), []string{"into the void", "again"})
}

func theBrokerIsKilled(s *stage) {
	alice := s.enters("alice")
	room := s.together("alice", "bob")
	alice.sends(room, "m-1", "before")
	s.Faults.Broker.Kill()
	s.eventually("the gateway notices", func() bool { return s.counted("palabre_mqtt_connected", "") == 0 })
	s.writes("bob", room, "meanwhile")
	s.Faults.Broker.Start()
	s.isCalm()
	alice.connects()
	alice.sends(room, "m-2", "after")
	s.equal("stored", s.stored(room), []string{"before", "meanwhile", "after"})
}

// bob's session is kept by the broker while he is away, until the broker loses it.
func aLostSessionIsHealed(s *stage) {
	bob := s.enters("bob")
	room := s.together("alice", "bob")
	cursor := bob.now()
	session := func(o *paho.ClientOptions) { o.SetClientID("the-phone-of-bob").SetCleanSession(false) }
	bob.connects(session)
	bob.Disconnect(50)
	want := numbered(20)
	for _, content := range want {
		s.writes("alice", room, content)
	}
	s.Faults.restart().do(s.Context())
	bob.connects(session)
	events, _ := bob.catchesUp(room, cursor)
	s.equal("synced", contentsOf(events), want)
	s.writes("alice", room, "live again")
	s.eventually("bob hears what comes next", func() bool {
		return bob.receives(room, "message.created").GetMessage().GetContent() == "live again"
	})
}
