package mqtttest

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// wire is a connection on which a client may say what no client says, and need not listen.
type wire struct {
	net.Conn
	on *stage
}

// wire connects to the broker and says nothing yet.
func (s *stage) wire() *wire {
	s.Helper()
	at, err := url.Parse(s.URL)
	if err != nil {
		s.Fatal(err)
	}
	conn, err := dial(at, s.TLS, answerTime)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	return &wire{conn, s}
}

// dial connects to a broker, by TLS where its address says so.
func dial(at *url.URL, config *tls.Config, limit time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", at.Host, limit)
	if err != nil || at.Scheme != "tls" {
		return conn, err
	}
	config = config.Clone()
	config.ServerName = at.Hostname()
	return tls.Client(conn, config), nil
}

// introduces sends a CONNECT of a user, and answers the code of the CONNACK; false when the broker just ends the connection.
func (w *wire) introduces(user, password string) (code byte, answered bool) {
	w.on.Helper()
	account := user
	if w.on.Account != nil {
		account = w.on.Account(user)
	}
	p := &packets.ConnectPacket{FixedHeader: packets.FixedHeader{MessageType: packets.Connect}}
	p.ProtocolName, p.ProtocolVersion, p.CleanSession, p.Keepalive = "MQTT", 4, true, 60
	p.ClientIdentifier, p.Username, p.UsernameFlag = "device-"+newID(), account, true
	p.Password, p.PasswordFlag = []byte(password), true
	w.sends(p)
	_ = w.SetReadDeadline(time.Now().Add(patience)) // of a connection that may be gone
	answer, err := packets.ReadPacket(w)
	if err != nil {
		return 0, false
	}
	ack, ok := answer.(*packets.ConnackPacket)
	if !ok {
		w.on.Fatalf("a CONNECT is answered by %v", answer)
	}
	return ack.ReturnCode, true
}

// wireOf is one on which a user is connected.
func (s *stage) wireOf(user string) *wire {
	s.Helper()
	w := s.wire()
	if code, answered := w.introduces(user, s.Password(s.T, user)); code != 0 || !answered {
		s.Fatalf("%s is not let in: %d", user, code)
	}
	return w
}

// sends sends a packet on a connection that the broker may have ended.
func (w *wire) sends(p packets.ControlPacket) {
	_ = w.SetWriteDeadline(time.Now().Add(patience))
	_ = p.Write(w.Conn)
}

// publish is a packet of a QoS above 0.
func publish(topic, payload string, qos byte, id int) packets.ControlPacket {
	return &packets.PublishPacket{
		FixedHeader: packets.FixedHeader{MessageType: packets.Publish, Qos: qos},
		TopicName:   topic, Payload: []byte(payload), MessageID: uint16(id), //nolint:gosec // of a few thousand
	}
}

// subscribe is a packet for one filter.
func subscribe(filter string, qos byte) packets.ControlPacket {
	return &packets.SubscribePacket{
		FixedHeader: packets.FixedHeader{MessageType: packets.Subscribe, Qos: 1},
		Topics:      []string{filter}, Qoss: []byte{qos}, MessageID: 1,
	}
}

// isEnded says whether the broker ends the connection, whatever it says before that.
func (w *wire) isEnded() bool {
	_ = w.SetReadDeadline(time.Now().Add(patience))
	for rest := make([]byte, 4096); ; {
		if _, err := w.Read(rest); err != nil {
			return !errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
}
