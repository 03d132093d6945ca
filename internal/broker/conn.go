package broker

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// writeChunk is how much is written at a time, so that WriteTimeout measures progress and not the size of a queue.
	writeChunk = 64 << 10
	// linger is how long a connection being closed may take to send what was queued, such as a DISCONNECT.
	linger = 2 * time.Second
)

// past is a deadline that makes a Read return now.
var past = time.Unix(1, 0)

var errSlowConsumer = errors.New("broker: slow consumer")

// conn is the connection of a client as mochi sees it. Writing never blocks: it queues, and a goroutine that exists
// only while there is something queued writes. Mochi holds the client's lock while it writes and needs that lock to
// publish to the client, so a write that blocks would stop everyone who publishes to a client that does not read.
type conn struct {
	under     net.Conn
	transport string
	ip        string        // for which it counts
	timeout   time.Duration // for each chunk written
	limit     int           // of queued
	session   atomic.Pointer[session]
	refused   string // why CONNECT failed; written and read by the connection's own goroutine
	slow      atomic.Bool
	frames    frames

	mu       sync.Mutex
	pending  []byte // to be written next
	queued   int    // bytes in pending and being written
	flushing bool   // a flush goroutine runs
	closing  bool   // no more writes; closed when the queue is empty
	lingers  time.Time
	armed    time.Time // when the deadline of writing was set
	cutOff   bool      // closed, whatever is queued

	closeOnce sync.Once
	closed    chan struct{} // closed when under is
}

func newConn(under net.Conn, transport string, timeout time.Duration, writeLimit, readLimit int) *conn {
	return &conn{
		under: under, transport: transport, timeout: timeout, limit: writeLimit,
		frames: frames{limit: readLimit}, closed: make(chan struct{}),
	}
}

// Read implements net.Conn. It fails with errPacketTooLarge before a packet beyond the limit is read.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.under.Read(p)
	if scanErr := c.frames.scan(p[:n]); scanErr != nil {
		return 0, scanErr
	}
	return n, err
}

// Write implements net.Conn. It returns at once; when the queue is full it cuts the connection.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return 0, net.ErrClosed
	}
	if c.queued+len(p) > c.limit {
		c.slow.Store(true)
		c.cutLocked()
		return 0, errSlowConsumer
	}
	if c.pending == nil {
		c.pending = newBuffer()
	}
	c.pending = append(c.pending, p...)
	c.queued += len(p)
	if !c.flushing {
		c.flushing = true
		go c.flush()
	}
	return len(p), nil
}

// backlog is how many bytes wait to be taken by the client.
func (c *conn) backlog() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queued
}

func (c *conn) flush() {
	for {
		taken, ok := c.next()
		if !ok {
			return
		}
		for chunk := taken; len(chunk) > 0; {
			n := min(len(chunk), writeChunk)
			c.armWrite()
			if _, err := c.under.Write(chunk[:n]); err != nil {
				c.writeFailed(err)
				return
			}
			chunk = chunk[n:]
			c.written(n)
		}
		freeBuffer(taken)
	}
}

// buffers are those of pending that were written. A connection has none while it has nothing to write: most have nothing,
// most of the time.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is the largest that is used again.
const maxBuffer = 16 << 10

func newBuffer() []byte {
	b, _ := buffers.Get().(*[]byte) // nothing else is put there
	return *b
}

func freeBuffer(b []byte) {
	if cap(b) <= maxBuffer {
		b = b[:0]
		buffers.Put(&b)
	}
}

// next takes what is pending. When there is nothing it ends the flush, and with it a connection that is closing.
func (c *conn) next() ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) > 0 && !c.cutOff {
		chunk := c.pending
		c.pending = nil
		return chunk, true
	}
	c.flushing = false
	if c.closing {
		c.closeUnder()
	}
	return nil, false
}

// armWrite sets the deadline of a write. One that was set a moment ago will do, so that a client who gets many small packets
// does not cost a timer for each.
func (c *conn) armWrite() {
	const moments = 16 // in a timeout
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	switch {
	case c.closing:
		_ = c.under.SetWriteDeadline(c.lingers)
	case now.Sub(c.armed) > c.timeout/moments:
		c.armed = now
		_ = c.under.SetWriteDeadline(now.Add(c.timeout))
	}
}

func (c *conn) written(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued -= n
}

func (c *conn) writeFailed(err error) {
	var netErr net.Error
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing && errors.As(err, &netErr) && netErr.Timeout() {
		c.slow.Store(true)
	}
	c.flushing = false
	c.cutLocked()
}

// Close implements net.Conn. What is queued is still written, for as long as linger; reading ends at once.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil
	}
	c.closing = true
	_ = c.under.SetReadDeadline(past)
	if !c.flushing {
		c.closeUnder()
		return nil
	}
	c.lingers = time.Now().Add(linger)
	_ = c.under.SetWriteDeadline(c.lingers)
	return nil
}

// cut closes the connection without writing what is queued.
func (c *conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutLocked()
}

func (c *conn) cutLocked() {
	c.closing, c.cutOff, c.pending = true, true, nil
	_ = c.under.SetReadDeadline(past)
	abort(c.under)
	c.closeUnder()
}

// abort makes closing a TCP connection discard what the system has still to send, instead of keeping it for a peer that
// does not read.
func abort(nc net.Conn) {
	for {
		wrapped, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = wrapped.NetConn()
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// closeUnder does not wait: closing a TLS connection says goodbye to a peer that perhaps does not listen.
func (c *conn) closeUnder() {
	c.closeOnce.Do(func() {
		go func() {
			_ = c.under.Close()
			close(c.closed)
		}()
	})
}

// SetDeadline implements net.Conn. It concerns reading only: mochi sets it for the keep-alive, and writes have their
// own deadline.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.Conn. It does not bring a closing connection back.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return net.ErrClosed
	}
	return c.under.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn; writes never wait.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.under.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.under.RemoteAddr() }
