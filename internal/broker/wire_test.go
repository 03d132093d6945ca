package broker_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// wire is a client that sends the packets it is told to, of either version, and reads what comes, one by one.
type wire struct {
	t       testing.TB
	nc      net.Conn
	r       *bufio.Reader
	version byte
	lastID  uint16
}

const (
	v311 = 4
	v5   = 5
)

func (w *world) wire(version byte) *wire {
	w.t.Helper()
	nc, err := net.DialTimeout("tcp", w.Addr().String(), patience)
	if err != nil {
		w.t.Fatal(err)
	}
	return newWire(w.t, nc, version)
}

func newWire(t testing.TB, nc net.Conn, version byte) *wire {
	t.Helper()
	t.Cleanup(func() { nc.Close() })
	return &wire{t: t, nc: nc, r: bufio.NewReader(nc), version: version}
}

// connected is a session of subject, with a client id of its own.
func (w *world) connected(version byte, subject string, configure ...func(*packets.Packet)) *wire {
	w.t.Helper()
	c := w.wire(version)
	if ack := c.connect(subject, subject+"-token", configure...); ack.ReasonCode != 0 {
		w.t.Fatalf("%s connects: 0x%02x", subject, ack.ReasonCode)
	}
	return c
}

// connect sends a CONNECT and answers the CONNACK.
func (c *wire) connect(username, password string, configure ...func(*packets.Packet)) packets.Packet {
	c.t.Helper()
	c.send(connectPacket(username, password, configure...))
	return c.read(packets.Connack)
}

func connectPacket(username, password string, configure ...func(*packets.Packet)) packets.Packet {
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 30, ClientIdentifier: "device-" + username,
			Username: []byte(username), UsernameFlag: username != "",
			Password: []byte(password), PasswordFlag: password != "",
		},
	}
	for _, f := range configure {
		f(&pk)
	}
	return pk
}

func kept(pk *packets.Packet) {
	pk.Connect.Clean = false
	pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
}

func (c *wire) nextID() uint16 {
	c.lastID++
	return c.lastID
}

// publish sends at QoS 1 and answers the reason code of the PUBACK, which is 0 in 3.1.1.
func (c *wire) publish(name string, payload string, configure ...func(*packets.Packet)) byte {
	c.t.Helper()
	pk := c.publishPacket(name, payload, configure...)
	c.send(pk)
	ack := c.read(packets.Puback)
	if ack.PacketID != pk.PacketID {
		c.t.Errorf("PUBACK of %d, want %d", ack.PacketID, pk.PacketID)
	}
	return ack.ReasonCode
}

func (c *wire) publishPacket(name string, payload string, configure ...func(*packets.Packet)) packets.Packet {
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1},
		TopicName:   name, Payload: []byte(payload), PacketID: c.nextID(),
	}
	for _, f := range configure {
		f(&pk)
	}
	return pk
}

func retained(pk *packets.Packet) { pk.FixedHeader.Retain = true }

// subscribe asks for filters at QoS 1 and answers the codes of the SUBACK.
func (c *wire) subscribe(filters ...string) []byte {
	c.t.Helper()
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: c.nextID()}
	for _, f := range filters {
		pk.Filters = append(pk.Filters, packets.Subscription{Filter: f, Qos: 1})
	}
	c.send(pk)
	ack := c.read(packets.Suback)
	if ack.PacketID != pk.PacketID {
		c.t.Errorf("SUBACK of %d, want %d", ack.PacketID, pk.PacketID)
	}
	return ack.ReasonCodes
}

func (c *wire) subscribes(filters ...string) {
	c.t.Helper()
	for i, code := range c.subscribe(filters...) {
		if code > 1 {
			c.t.Fatalf("SUBSCRIBE %s: 0x%02x", filters[i], code)
		}
	}
}

// receives fails the test when the next PUBLISH is another one, and acknowledges it.
func (c *wire) receives(name, payload string) packets.Packet {
	c.t.Helper()
	pk := c.read(packets.Publish)
	if pk.TopicName != name || string(pk.Payload) != payload {
		c.t.Fatalf("received %s %.200s, want %s %.200s", pk.TopicName, pk.Payload, name, payload)
	}
	c.ack(pk)
	return pk
}

func (c *wire) ack(pk packets.Packet) {
	if pk.FixedHeader.Qos > 0 {
		c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID})
	}
}

func (c *wire) ping() {
	c.t.Helper()
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
	c.read(packets.Pingresp)
}

func (c *wire) disconnect() {
	c.t.Helper()
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}})
	c.cutOff()
}

func (c *wire) send(pk packets.Packet) {
	c.t.Helper()
	c.sendBytes(encode(c.t, pk, c.version))
}

// sendBytes ignores errors: that the broker closed is seen by reading.
func (c *wire) sendBytes(b []byte) {
	c.nc.SetWriteDeadline(time.Now().Add(patience))
	c.nc.Write(b)
}

func encode(t testing.TB, pk packets.Packet, version byte) []byte {
	t.Helper()
	pk.ProtocolVersion = version
	var buf bytes.Buffer
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&buf)
	case packets.Publish:
		err = pk.PublishEncode(&buf)
	case packets.Puback:
		err = pk.PubackEncode(&buf)
	case packets.Pubrel:
		err = pk.PubrelEncode(&buf)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&buf)
	case packets.Unsubscribe:
		err = pk.UnsubscribeEncode(&buf)
	case packets.Pingreq:
		err = pk.PingreqEncode(&buf)
	case packets.Disconnect:
		err = pk.DisconnectEncode(&buf)
	case packets.Auth:
		err = pk.AuthEncode(&buf)
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read fails the test when the next packet is of another type.
func (c *wire) read(want byte) packets.Packet {
	c.t.Helper()
	pk, err := c.next()
	if err != nil {
		c.t.Fatalf("waiting for %s: %v", packets.PacketNames[want], err)
	}
	if pk.FixedHeader.Type != want {
		c.t.Fatalf("received %s %s %.200s, want %s",
			packets.PacketNames[pk.FixedHeader.Type], pk.TopicName, pk.Payload, packets.PacketNames[want])
	}
	return pk
}

// cutOff reads to the end of the connection and answers the reason code of a DISCONNECT, 0 without one.
func (c *wire) cutOff() (reason byte) {
	c.t.Helper()
	for {
		pk, err := c.next()
		switch {
		case err == nil && pk.FixedHeader.Type == packets.Disconnect:
			reason = pk.ReasonCode
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.t.Fatal("still connected")
		default:
			return reason
		}
	}
}

func (c *wire) next() (packets.Packet, error) {
	c.nc.SetReadDeadline(time.Now().Add(patience))
	pk := packets.Packet{ProtocolVersion: c.version}
	first, err := c.r.ReadByte()
	if err != nil {
		return pk, err
	}
	if err := pk.FixedHeader.Decode(first); err != nil {
		return pk, err
	}
	if pk.FixedHeader.Remaining, _, err = packets.DecodeLength(c.r); err != nil {
		return pk, err
	}
	body := make([]byte, pk.FixedHeader.Remaining)
	if _, err := io.ReadFull(c.r, body); err != nil {
		return pk, err
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Publish:
		err = pk.PublishDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Unsuback:
		err = pk.UnsubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	}
	return pk, err
}
