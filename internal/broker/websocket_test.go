package broker_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/gorilla/websocket"

	"github.com/palabre/palabre/internal/broker"
)

func (w *world) webSocketURL() string {
	server := httptest.NewServer(w.WebSocketHandler())
	w.t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/mqtt"
}

func TestMQTTOverWebSocket(t *testing.T) {
	w := start(t)
	alice := newParty(t, w.webSocketURL(), "page", "alice", "alice-token", func(o *paho.ClientOptions) {
		o.SetHTTPHeaders(http.Header{"Origin": {"https://another.example"}})
	})
	alice.subscribes("chat/user/alice/+")
	large := strings.Repeat("é", 8_000)
	alice.publishes("chat/message/send", large)
	w.gateway.receives("chat/user/alice/send", large)
	larger := strings.Repeat("x", 1<<20)
	w.gateway.publishes("chat/user/alice/messages", larger)
	alice.receives("chat/user/alice/messages", larger)
	if w.counted("palabre_broker_connections", "websocket") != 1 {
		t.Error("it is not counted")
	}
	w.Disconnect("geosector", "alice")
	alice.cutOff()
	w.awaitCounted("palabre_broker_connections", "websocket", 0)
}

func TestPacketsAndWebSocketMessagesNeedNotAgree(t *testing.T) {
	w := start(t)
	ws := w.dialWebSocket(t, w.webSocketURL())
	both := append(encode(t, connectPacket("alice", "alice-token"), v311), 0xC0, 0) // and a PINGREQ
	ws.WriteMessage(websocket.BinaryMessage, both[:5])
	ws.WriteMessage(websocket.BinaryMessage, nil)
	ws.WriteMessage(websocket.BinaryMessage, both[5:])
	var got []byte
	for len(got) < 6 {
		_, p, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p...)
	}
	if string(got) != "\x20\x02\x00\x00\xd0\x00" {
		t.Errorf("received %x", got)
	}
	// Text is not MQTT.
	ws.WriteMessage(websocket.TextMessage, []byte{0xC0, 0})
	if _, _, err := ws.ReadMessage(); err == nil {
		t.Error("still connected")
	}
}

func (w *world) dialWebSocket(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	ws, answer, err := (&websocket.Dialer{Subprotocols: []string{"mqtt"}}).Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Header.Get("Sec-WebSocket-Protocol"); got != "mqtt" {
		t.Errorf("subprotocol %q", got)
	}
	answer.Body.Close()
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(patience))
	return ws
}

func TestAWebSocketWithoutMQTTIsRefused(t *testing.T) {
	w := start(t)
	url := w.webSocketURL()
	_, answer, err := websocket.DefaultDialer.Dial(url, nil)
	if err == nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("without subprotocol: %v, %v", answer, err)
	}
	answer.Body.Close()
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, answer, err = (&websocket.Dialer{Subprotocols: []string{"mqtt"}}).Dial(url, nil)
	if err == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after Close: %v, %v", answer, err)
	}
	answer.Body.Close()
}

func TestASilentWebSocketIsClosed(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.ConnectTimeout = 100 * time.Millisecond }))
	if _, _, err := w.dialWebSocket(t, w.webSocketURL()).ReadMessage(); err == nil {
		t.Error("still connected")
	}
	w.awaitCounted("palabre_broker_connections_refused_total", "connect_timeout", 1)
}

func TestConnectionsPerAddressAreBounded(t *testing.T) {
	address := "203.0.113.7:1234"
	w := start(t, func(c *broker.Config) {
		c.Limits.ConnectionsPerIP = 1
		c.ClientIP = func(*http.Request) string { return address }
	})
	url := w.webSocketURL()
	first := newParty(t, url, "page", "alice", "alice-token")
	if _, _, err := w.dialWebSocket(t, url).ReadMessage(); err == nil {
		t.Error("a second connection from the same address stays")
	}
	w.awaitCounted("palabre_broker_connections_refused_total", "ip_limit", 1)
	address = "203.0.113.8:1234"
	newParty(t, url, "page", "bob", "bob-token")
	first.Disconnect(0)
	w.awaitCounted("palabre_broker_connections", "websocket", 1)
}
