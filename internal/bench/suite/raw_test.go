package suite_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/testenv"
)

// rawClient speaks just enough MQTT 3.1.1 to cost less than the brokers that are compared by it.
type rawClient struct {
	net.Conn
	r *bufio.Reader
}

func newRawClient(t testing.TB, conn net.Conn, name, password, clientID string) *rawClient {
	t.Helper()
	c := &rawClient{conn, bufio.NewReaderSize(conn, 1<<10)}
	if _, err := c.Write(connectPacket(name, password, clientID)); err != nil {
		t.Fatal(err)
	}
	if kind, body, err := c.next(); err != nil || kind != 0x20 || body[1] != 0 {
		t.Fatalf("%s connects: %x %x, %v", name, kind, body, err)
	}
	return c
}

func (c *rawClient) subscribe(t testing.TB, filter string) {
	t.Helper()
	body := append(text([]byte{0, 1}, filter), 1)
	if _, err := c.Write(packet(0x82, body)); err != nil {
		t.Fatal(err)
	}
	if kind, body, err := c.next(); err != nil || kind != 0x90 || body[2] != 1 {
		t.Fatalf("subscribe %s: %x %x, %v", filter, kind, body, err)
	}
}

// next is the next packet: its first byte, and what follows its length.
func (c *rawClient) next() (kind byte, body []byte, err error) {
	if kind, err = c.r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length, err := binary.ReadUvarint(c.r) // which is how MQTT writes it
	if err != nil {
		return 0, nil, err
	}
	body = make([]byte, length)
	_, err = io.ReadFull(c.r, body)
	return kind, body, err
}

func connectPacket(name, password, clientID string) []byte {
	body := append(text(nil, "MQTT"), 4, 0xC2, 0, 250) // clean, with username and password
	return packet(0x10, text(text(text(body, clientID), name), password))
}

// publishPacket is a PUBLISH at QoS 1.
func publishPacket(topic string, id uint16, payload []byte) []byte {
	return packet(0x32, append(binary.BigEndian.AppendUint16(text(nil, topic), id), payload...))
}

func pubackPacket(id []byte) []byte { return []byte{0x40, 2, id[0], id[1]} }

func packet(kind byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{kind}, uint64(len(body))), body...)
}

func text(out []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(s))), s...)
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, testenv.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Time{})
	return conn
}
