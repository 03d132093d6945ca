package broker

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const subprotocol = "mqtt" // [MQTT-6.0.0-3]

var errTextMessage = errors.New("broker: a text message where MQTT wants binary ones")

// WebSocketHandler serves MQTT over WebSocket. It answers 400 to a request that does not offer the subprotocol "mqtt",
// and 503 while the broker is not running. Each request lasts as long as its connection.
func (b *Broker) WebSocketHandler() http.Handler {
	upgrader := &websocket.Upgrader{
		HandshakeTimeout: b.cfg.Limits.ConnectTimeout,
		ReadBufferSize:   4096,
		WriteBufferSize:  4096,
		WriteBufferPool:  &sync.Pool{},
		Subprotocols:     []string{subprotocol},
		// Pages of any origin may connect: who they are is in the CONNECT, and no cookie counts.
		CheckOrigin: func(*http.Request) bool { return true },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.serveWebSocket(upgrader, w, r) })
}

func (b *Broker) serveWebSocket(upgrader *websocket.Upgrader, w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(b.cfg.Limits.ConnectTimeout)
	if !b.running() {
		http.Error(w, "the broker is not running", http.StatusServiceUnavailable)
		return
	}
	if !slices.Contains(websocket.Subprotocols(r), subprotocol) {
		http.Error(w, "the WebSocket subprotocol must be mqtt", http.StatusBadRequest)
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	wc := &webSocketConn{ws: ws}
	ip := b.cfg.ClientIP(r)
	b.admitted(wc, ip, func() { b.serve(b.clientConn(wc, transportWebSocket, ip), deadline) })
}

func (b *Broker) running() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == stateRunning
}

// webSocketConn makes a stream of binary messages. Packets and messages need not have the same bounds [MQTT-6.0.0-2].
type webSocketConn struct {
	ws      *websocket.Conn
	message io.Reader // the message being read; nil between two

	mu       sync.Mutex
	deadline time.Time // of writes
}

// Read implements net.Conn.
func (c *webSocketConn) Read(p []byte) (int, error) {
	for {
		if c.message == nil {
			kind, r, err := c.ws.NextReader()
			if err != nil {
				return 0, ended(err)
			}
			if kind != websocket.BinaryMessage { // [MQTT-6.0.0-1]
				return 0, errTextMessage
			}
			c.message = r
		}
		n, err := c.message.Read(p)
		if err == io.EOF {
			c.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// ended turns the end of a WebSocket into what it is for any other connection.
func ended(err error) error {
	if closed := new(websocket.CloseError); errors.As(err, &closed) {
		return io.EOF
	}
	return err
}

// Write implements net.Conn: p is one binary message.
func (c *webSocketConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	deadline := c.deadline
	c.mu.Unlock()
	_ = c.ws.SetWriteDeadline(deadline) // it only stores it for the next line
	if err := c.ws.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close implements net.Conn.
func (c *webSocketConn) Close() error { return c.ws.Close() }

// NetConn answers the connection below, like that of tls.Conn.
func (c *webSocketConn) NetConn() net.Conn { return c.ws.NetConn() }

// LocalAddr implements net.Conn.
func (c *webSocketConn) LocalAddr() net.Addr { return c.ws.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *webSocketConn) RemoteAddr() net.Addr { return c.ws.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *webSocketConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *webSocketConn) SetReadDeadline(t time.Time) error { return c.ws.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn. Gorilla's own deadline must not be set while it writes, nor does it concern a
// write under way.
func (c *webSocketConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return c.ws.NetConn().SetWriteDeadline(t)
}
