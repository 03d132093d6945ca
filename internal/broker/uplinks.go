package broker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	// maxUplinks is how many QoS 1 messages of all clients may be with the gateway at once.
	maxUplinks = 4096
	// uplinksPerSession is how many of them one client may have there. MQTT 5 clients are told, and send no more.
	uplinksPerSession = 128
	// gatewayQueue is how many bytes the gateway may be behind: twice what all of these are.
	gatewayQueue = 2 * maxUplinks * MaxUplinkPayload
	// gatewayBusy is how many bytes it may be behind for messages of QoS 0 to be taken, which nobody repeats.
	gatewayBusy = 16 << 20
	// firstUplinkID is where the packet ids begin that uplinks have towards the gateway. Mochi counts from 1.
	firstUplinkID = 1 << 15
)

// uplinks are the messages of clients on their way through the gateway. Mochi would acknowledge a PUBLISH before it looks
// whether there is room for it, and drop it when there is none. Here the PUBACK of a client is the gateway's own: it says
// that the message is committed, or refused for good. Until then the client has to keep it, and sends it again after
// whatever happens to this process.
//
// Beyond the limits nothing more is read from the client, which bounds the memory and slows it down; when that lasts, its
// connection ends without a PUBACK.
type uplinks struct {
	timeout time.Duration
	room    chan struct{} // one for each in pending

	mu      sync.Mutex
	gateway gateway       // nil while there is none
	arrived chan struct{} // closed when it is set
	pending map[uint16]*uplink
	lastID  uint16
	taken   uint64
}

// gateway is whom the uplinks go to: a Link, or the session of a client that speaks MQTT and has subscribed.
type gateway interface {
	// hand gives it a message, and does not wait; the id is 0 at QoS 0, and again says that another gateway may have had it.
	// An error says that the gateway has gone.
	hand(id uint16, name string, payload []byte, again bool) error
	// busy says that it should not get what need not be kept.
	busy() bool
}

// uplink is one message of QoS 1.
type uplink struct {
	from    *session // who is told when it is done
	id      uint16   // theirs
	name    string
	payload []byte // nil once done
	size    int
	number  uint64 // in the order in which they came
	done    bool
}

// outstanding are the uplinks of a session without PUBACK, in the order in which these have to be [MQTT-4.6.0-2]. It
// belongs to uplinks.mu.
type outstanding struct {
	list  []*uplink
	moved chan struct{} // signals that there are fewer
}

func newUplinks(timeout time.Duration) *uplinks {
	return &uplinks{
		timeout: timeout, room: make(chan struct{}, maxUplinks), arrived: make(chan struct{}), pending: map[uint16]*uplink{},
	}
}

// take hands a message to the gateway. It waits while there is no room, and answers false when there was none for too long,
// or the connection or the broker ended. It is called by the goroutine that reads from s.
func (u *uplinks) take(ctx context.Context, s *session, name string, payload []byte, again bool) bool {
	if again && u.adopt(s, name, len(payload)) {
		return true
	}
	w := wait{ctx: ctx, over: s.conn.closed, limit: u.timeout}
	defer w.end()
	if !u.awaitTurn(s, &w) || !enter(u.room, &w) {
		return false
	}
	if !u.awaitGateway(&w) {
		<-u.room
		return false
	}
	u.put(&uplink{from: s, id: s.takenID, name: name, payload: payload, size: len(payload)})
	return true
}

// awaitTurn returns when the session has fewer uplinks outstanding than it may.
func (u *uplinks) awaitTurn(s *session, w *wait) bool {
	for {
		u.mu.Lock()
		full := len(s.outstanding.list) >= uplinksPerSession
		if full && s.outstanding.moved == nil {
			s.outstanding.moved = make(chan struct{}, 1)
		}
		u.mu.Unlock()
		if !full {
			return true
		}
		if !w.until(s.outstanding.moved) {
			return false
		}
	}
}

func enter(room chan struct{}, w *wait) bool {
	select {
	case room <- struct{}{}:
		return true
	default:
		return w.enter(room)
	}
}

func (u *uplinks) awaitGateway(w *wait) bool {
	for {
		u.mu.Lock()
		there, arrived := u.gateway != nil, u.arrived
		u.mu.Unlock()
		if there {
			return true
		}
		if !w.until(arrived) {
			return false
		}
	}
}

// put numbers an uplink and sends it. Without a gateway, which may have left just now, the next one gets it.
func (u *uplinks) put(m *uplink) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.taken++
	m.number = u.taken
	m.from.outstanding.list = append(m.from.outstanding.list, m)
	id := u.freeID()
	u.pending[id] = m
	if u.gateway != nil {
		u.send(id, m, false)
	}
}

// freeID answers an id that is not in use; there are more than maxUplinks.
func (u *uplinks) freeID() uint16 {
	for {
		u.lastID++
		u.lastID |= firstUplinkID
		if _, used := u.pending[u.lastID]; !used {
			return u.lastID
		}
	}
}

// send gives an uplink to the gateway. If that has gone, the next one gets it.
func (u *uplinks) send(id uint16, m *uplink, again bool) {
	_ = u.gateway.hand(id, m.name, m.payload, again)
}

// offer hands a message of QoS 0 to the gateway, or answers false when it has too much to do.
func (u *uplinks) offer(name string, payload []byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.gateway != nil && !u.gateway.busy() && u.gateway.hand(0, name, payload, false) == nil
}

// hand implements gateway.
func (s *session) hand(id uint16, name string, payload []byte, again bool) error {
	frame := publishFrame{name: name, payload: payload, again: again}
	if id != 0 {
		frame.qos = 1
	}
	_, err := s.conn.Write(frame.encode(s.version(), id))
	return err
}

// busy implements gateway.
func (s *session) busy() bool { return s.conn.backlog() > gatewayBusy }

// settled takes note that the gateway has acknowledged a message, and passes that on. One that has been followed by another
// is not heard any more: the other has got the message again, and its id may be another's by now.
func (u *uplinks) settled(by gateway, id uint16) {
	u.mu.Lock()
	defer u.mu.Unlock()
	m, known := u.pending[id]
	if !known || u.gateway != by {
		return
	}
	delete(u.pending, id)
	<-u.room
	m.done, m.payload = true, nil
	m.from.acknowledge()
}

// acknowledge sends the PUBACKs that are due. What a connection that is over did not get stays, for the next one to ask.
func (s *session) acknowledge() {
	out := &s.outstanding
	for len(out.list) > 0 && out.list[0].done {
		if _, err := s.conn.Write(pubackFrame(out.list[0].id)); err != nil {
			return
		}
		out.list[0] = nil
		out.list = out.list[1:]
		select {
		case out.moved <- struct{}{}:
		default: // nobody waits, or is told already
		}
	}
	if len(out.list) == 0 {
		out.list = nil
	}
}

// adopt finds the uplink that a PUBLISH of a resumed session repeats, so that the gateway does not get it twice and its
// PUBACK comes on this connection.
func (u *uplinks) adopt(s *session, name string, size int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.IndexFunc(s.inherited, func(m *uplink) bool {
		return m.id == s.takenID && m.name == name && m.size == size
	})
	if i < 0 {
		return false
	}
	m := s.inherited[i]
	s.inherited = slices.Delete(s.inherited, i, i+1)
	m.from = s
	s.outstanding.list = append(s.outstanding.list, m)
	s.acknowledge()
	return true
}

// inherit gives a session that is resumed what the connection before it has outstanding.
func (u *uplinks) inherit(s, before *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s.inherited = append(before.inherited, before.outstanding.list...)
	before.inherited, before.outstanding.list = nil, nil
	if len(s.inherited) > uplinksPerSession {
		s.inherited = s.inherited[len(s.inherited)-uplinksPerSession:]
	}
}

// arrive makes somebody the gateway, who gets again what those before did not acknowledge, in the same order.
func (u *uplinks) arrive(g gateway) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gateway == g {
		return
	}
	if u.gateway == nil {
		close(u.arrived)
	}
	u.gateway = g
	for _, id := range slices.SortedFunc(maps.Keys(u.pending), func(a, b uint16) int {
		return cmp.Compare(u.pending[a].number, u.pending[b].number)
	}) {
		u.send(id, u.pending[id], true)
	}
}

// leave is for a gateway that has gone.
func (u *uplinks) leave(g gateway) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gateway == g {
		u.gateway, u.arrived = nil, make(chan struct{})
	}
}

// forward hands what a client publishes to the gateway. A client for whom there is no room for too long is cut off, so that
// it repeats on its next connection.
func (b *Broker) forward(s *session, pk packets.Packet) {
	if pk.FixedHeader.Qos == 0 {
		if !b.uplinks.offer(pk.TopicName, pk.Payload) {
			b.metrics.publishesDropped.WithLabelValues("saturated").Inc()
		}
		return
	}
	if b.uplinks.take(b.alive, s, pk.TopicName, pk.Payload, pk.FixedHeader.Dup) {
		return
	}
	if b.alive.Err() == nil {
		b.disconnect(s, b.cut("saturated", packets.ErrServerBusy))
	}
}
