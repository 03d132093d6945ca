package broker_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// FuzzPackets sends bytes after a CONNECT, or in the place of one; the broker must go on, and serve somebody else.
func FuzzPackets(f *testing.F) {
	for _, seed := range []string{
		"\x82\x06\x00\x01\x00\x00\x01a",                                 // SUBSCRIBE cut before its options
		"\x82\x0a\x00\x01\x00\x00\x04chat\x01",                          // SUBSCRIBE to nobody's topic
		"\x82\x1c\x00\x01\x00\x16chat/user/alice/messages\x01",          // a length that is not its own
		"\x82\x1d\x00\x02\x00\x18chat/user/alice/messages\x01",          // SUBSCRIBE to her inbox
		"\xa2\x1c\x00\x03\x00\x18chat/user/alice/messages",              // UNSUBSCRIBE
		"\x30\x07\x00\x01a\x03\x23\x00\x01",                             // PUBLISH with a topic alias
		"\x32\x1a\x00\x14chat/user/alice/send\x00\x01{}",                // PUBLISH at QoS 1
		"\x3a\x1a\x00\x14chat/user/alice/send\x00\x01{}",                // … that says it was sent before
		"\x33\x1a\x00\x14chat/user/alice/send\x00\x01{}",                // … to be retained
		"\x34\x1a\x00\x14chat/user/alice/send\x00\x01{}",                // … at QoS 2
		"\x40\x02\x00\x01\x50\x02\x00\x01\x62\x02\x00\x01",              // PUBACK, PUBREC, PUBREL of nothing
		"\x10\x10\x00\x04MQTT\x04\xc2\x00\x1e\x00\x00\x00\x00",          // CONNECT
		"\x10\x0f\x00\x04MQTT\x05\x02\x00\x1e\x7f\x00\x01a",             // CONNECT with properties beyond its end
		"\xe0\x02\x00\x7f\xf0\x02\x18\x00",                              // DISCONNECT with properties beyond its end, AUTH
		"\x30\xff\xff\xff\x7f",                                          // a length of 256 MiB
		"\x82\x80\x80\x04\x00\x01\x7f\xff" + strings.Repeat("/", 1<<10), // a deep filter, cut
	} {
		for _, five := range []bool{false, true} {
			f.Add([]byte(seed), five, false)
			f.Add([]byte(seed), five, true)
		}
	}
	f.Add(bytes.Repeat([]byte{0xC0, 0}, 50), false, false)
	w := start(f)
	bob := w.connected(v311, "bob")
	go func() {
		for range w.gateway.received { // what comes through
		}
	}()
	runs := 0
	f.Fuzz(func(t *testing.T, sent []byte, five, first bool) {
		version := byte(v311)
		if five {
			version = v5
		}
		runs++ // the system becomes slow at finding free ports after some thousand connections from one address
		from := &net.TCPAddr{IP: net.IPv4(127, 0, byte(runs/200_000%256), byte(1+runs/1_000%200))}
		nc, err := (&net.Dialer{Timeout: patience, LocalAddr: from}).Dial("tcp", w.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c := newWire(t, nc, version)
		if !first {
			c.connect("alice", "alice-token")
		}
		c.sendBytes(sent)
		c.nc.(*net.TCPConn).CloseWrite()
		for err == nil {
			_, err = c.next()
		}
		bob.t = t
		bob.ping()
	})
}
