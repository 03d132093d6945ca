package broker_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/palabre/palabre/internal/broker"
)

// patientGateway is a gateway that acknowledges when it is told to, in the place of the world's.
func (w *world) patientGateway(version byte) *wire {
	w.t.Helper()
	gateway := w.nextGateway(version)
	gateway.ping() // by the answer it gets the uplinks
	return gateway
}

// nextGateway is one to which uplinks may come at once.
func (w *world) nextGateway(version byte) *wire {
	w.t.Helper()
	w.leavesGateway()
	nc, err := w.Dial()
	if err != nil {
		w.t.Fatal(err)
	}
	username, password := w.GatewayCredentials()
	gateway := newWire(w.t, nc, version)
	if code := gateway.connect(username, password).ReasonCode; code != 0 {
		w.t.Fatalf("CONNACK 0x%02x", code)
	}
	gateway.subscribes("chat/user/+/send")
	w.patient = gateway
	return gateway
}

// leavesGateway takes the gateway away that there is.
func (w *world) leavesGateway() {
	w.t.Helper()
	w.gateway.Disconnect(100)
	if w.patient != nil {
		_ = w.patient.nc.Close()
	}
	w.awaitCounted("palabre_broker_connections", "memory", 0)
}

// taken is the next PUBLISH, unacknowledged.
func (c *wire) taken(payload string) packets.Packet {
	c.t.Helper()
	pk := c.read(packets.Publish)
	if string(pk.Payload) != payload {
		c.t.Fatalf("the gateway got %.100s, want %s", pk.Payload, payload)
	}
	return pk
}

// silent fails the test when something comes.
func (c *wire) silent() {
	c.t.Helper()
	c.ping() // whatever was sent before the answer would come before it
}

func TestThePUBACKOfAClientIsTheGateways(t *testing.T) {
	w := start(t)
	for _, version := range []byte{v311, v5} {
		gateway, alice := w.patientGateway(version), w.connected(version, "alice")
		pk := alice.publishPacket("chat/user/alice/send", "bonjour")
		alice.send(pk)
		taken := gateway.taken("bonjour")
		alice.silent()
		gateway.ack(taken)
		if ack := alice.read(packets.Puback); ack.PacketID != pk.PacketID || ack.ReasonCode != 0 {
			t.Errorf("PUBACK of %d, 0x%02x", ack.PacketID, ack.ReasonCode)
		}
	}
}

func TestPUBACKsComeInTheOrderOfWhatTheyAcknowledge(t *testing.T) {
	w := start(t)
	gateway, alice := w.patientGateway(v311), w.connected(v311, "alice")
	alice.send(alice.publishPacket("chat/user/alice/send", "first"))
	alice.send(alice.publishPacket("chat/user/alice/send", "second"))
	first, second := gateway.taken("first"), gateway.taken("second")
	gateway.ack(second)
	gateway.ping() // it is through
	alice.silent()
	gateway.ack(first)
	for want := range uint16(2) {
		if ack := alice.read(packets.Puback); ack.PacketID != want+1 {
			t.Errorf("PUBACK of %d, want %d", ack.PacketID, want+1)
		}
	}
}

func TestTheNextGatewayGetsWhatTheLastDidNotAcknowledgeInOrder(t *testing.T) {
	w := start(t)
	gateway, alice := w.patientGateway(v311), w.connected(v311, "alice")
	const sent = 100
	for i := range sent {
		alice.send(alice.publishPacket("chat/user/alice/send", fmt.Sprint(i)))
	}
	var ids []uint16
	for i := range sent {
		ids = append(ids, gateway.taken(fmt.Sprint(i)).PacketID)
	}
	_ = gateway.nc.Close()
	alice.silent()

	gateway = w.nextGateway(v311)
	for i := range sent {
		pk := gateway.taken(fmt.Sprint(i))
		if !pk.FixedHeader.Dup || pk.PacketID != ids[i] {
			t.Fatalf("again with id %d and DUP %t; it was %d", pk.PacketID, pk.FixedHeader.Dup, ids[i])
		}
		gateway.ack(pk)
		alice.read(packets.Puback)
	}
}

func TestUplinksWaitForAGateway(t *testing.T) {
	w := start(t)
	w.leavesGateway()
	alice := w.connected(v311, "alice")
	alice.send(alice.publishPacket("chat/user/alice/send", "early"))
	gateway := w.nextGateway(v311)
	gateway.ack(gateway.taken("early"))
	alice.read(packets.Puback)
}

// What a client sends again on its next connection is at the gateway already.
func TestAnUplinkThatIsRepeatedOnResumingIsOne(t *testing.T) {
	w := start(t)
	again := func(pk *packets.Packet) { pk.FixedHeader.Dup = true }
	for _, version := range []byte{v311, v5} {
		gateway, alice := w.patientGateway(version), w.connected(version, "alice", kept)
		alice.send(alice.publishPacket("chat/user/alice/send", "settled while away"))
		alice.send(alice.publishPacket("chat/user/alice/send", "settled later"))
		away, later := gateway.taken("settled while away"), gateway.taken("settled later")
		_ = alice.nc.Close()
		eventually(t, "alice is gone", func() bool { return !w.Connected("geosector", "alice") })
		gateway.ack(away)
		gateway.ping()

		alice = w.connected(version, "alice", kept)
		alice.publish("chat/user/alice/send", "settled while away", again)
		alice.send(alice.publishPacket("chat/user/alice/send", "settled later", again))
		alice.silent()
		gateway.ack(later)
		alice.read(packets.Puback)
		alice.send(alice.publishPacket("chat/user/alice/send", "fresh"))
		gateway.ack(gateway.taken("fresh"))
		alice.read(packets.Puback)
		alice.disconnect()
	}
}

// Who publishes without regard for acknowledgements is not read from, and hurts nobody.
func TestASaturatedGatewayHoldsBackEachClientByItself(t *testing.T) {
	w := start(t)
	gateway, alice, bob := w.patientGateway(v311), w.connected(v311, "alice"), w.connected(v311, "bob")
	const most = 128 // at the gateway, of one client
	for i := range 10 * most {
		alice.send(alice.publishPacket("chat/user/alice/send", fmt.Sprint(i)))
	}
	var held []packets.Packet
	for i := range most {
		held = append(held, gateway.taken(fmt.Sprint(i)))
	}
	bob.send(bob.publishPacket("chat/user/bob/send", "and I?"))
	gateway.ack(gateway.taken("and I?")) // nothing else of alice came before it
	bob.read(packets.Puback)

	for _, pk := range held {
		gateway.ack(pk)
	}
	for i := most; i < 10*most; i++ {
		gateway.ack(gateway.taken(fmt.Sprint(i)))
	}
	for range 10 * most {
		alice.read(packets.Puback)
	}
}

func TestAClientForWhomThereIsNoRoomIsCutWithoutAPUBACK(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.UplinkWait = 50 * time.Millisecond }))
	w.leavesGateway()
	for version, want := range map[byte]byte{v311: 0, v5: packets.ErrServerBusy.Code} {
		alice := w.connected(version, "alice")
		alice.send(alice.publishPacket("chat/user/alice/send", "nobody takes this"))
		for {
			pk, err := alice.next()
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("still connected")
			}
			if err != nil {
				break
			}
			if pk.FixedHeader.Type != packets.Disconnect || pk.ReasonCode != want {
				t.Errorf("received %s 0x%02x", packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCode)
			}
		}
	}
	w.awaitCounted("palabre_broker_connections_cut_total", "saturated", 2)
}

func TestAClientThatWaitsForRoomCanBeTakenOver(t *testing.T) {
	w := start(t)
	w.leavesGateway()
	first := w.connected(v311, "alice", kept)
	first.send(first.publishPacket("chat/user/alice/send", "waits"))
	first.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}) // unread
	second := w.connected(v311, "alice", kept)
	first.cutOff()
	gateway := w.nextGateway(v311)
	second.send(second.publishPacket("chat/user/alice/send", "waits", func(pk *packets.Packet) { pk.FixedHeader.Dup = true }))
	gateway.ack(gateway.taken("waits"))
	second.read(packets.Puback)
}

// 30,000 messages of 20 clients who do not wait for anything.
func TestWhatIsAcknowledgedHasArrived(t *testing.T) {
	const clients, each = 20, 1_500
	w := start(t)
	arrived := map[string]int{}
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for range clients * each {
			arrived[string(w.gateway.next().Payload())]++
		}
	}()
	var tokens []paho.Token
	for c := range clients {
		name := fmt.Sprint("sender-", c)
		w.admits(name)
		p := w.connects(name)
		for i := range each {
			tokens = append(tokens, p.Publish("chat/user/"+name+"/send", 1, false, fmt.Sprint(name, " ", i)))
		}
	}
	for _, token := range tokens {
		if !token.WaitTimeout(time.Minute) || token.Error() != nil { // a busy machine takes its time with so many
			t.Fatal("not acknowledged: ", token.Error())
		}
	}
	<-counted
	if len(arrived) != clients*each {
		t.Errorf("%d messages of %d arrived", len(arrived), clients*each)
	}
	for payload, times := range arrived {
		if times != 1 {
			t.Fatalf("%s arrived %d times", payload, times)
		}
	}
}
