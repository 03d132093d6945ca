package mqttgw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/lanes"
	"github.com/palabre/palabre/internal/rpcerr"
)

// uplink turns what clients publish into calls.
type uplink struct {
	chat         chatv1.ChatServiceClient
	verifier     Verifier
	membership   *Membership
	typing       *typing
	presence     *Presence
	applications map[string]string // by prefix
	limits       Limits
	log          *slog.Logger
	metrics      *metrics
	present      func() *session // answers nil when there is none
	// streaming is closed once the events that come from then on are published. Nil where they are kept for this gateway.
	streaming <-chan struct{}

	lanes *lanes.Lanes[*delivery]
	slots chan struct{} // one for each call under way
	// ctx ends the calls under way.
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu         sync.Mutex
	unfinished map[uint16]*delivery // by packet id, of QoS 1
}

// delivery is one PUBLISH on its way through the gateway.
type delivery struct {
	topic   topic.Topic
	payload []byte
	// caller is who published it. On {prefix}/message/send that shows only on its way.
	caller auth.Principal
	// packetID is 0 at QoS 0.
	packetID uint16
	// sending is the payload of {prefix}/message/send once its sender is proven.
	sending *chatv1.SendPayload

	// message is to be acknowledged, on from. A connection that was lost takes the acknowledgements of its messages with
	// it; then these are of the newer copy, once that has come. Guarded by uplink.mu.
	message paho.Message
	from    *session
}

var (
	// errStopped says that the gateway stopped before an uplink was settled; it stays with the broker.
	errStopped = errors.New("the gateway stops")
	// errMoved says that an uplink goes on in another lane.
	errMoved = errors.New("moved to the sender's lane")
)

func newUplink(c Config, m *metrics) *uplink {
	u := &uplink{
		chat: c.Chat, verifier: c.Verifier, membership: c.Membership, presence: c.Presence, limits: c.Limits, log: c.Logger, metrics: m,
		applications: map[string]string{},
		slots:        make(chan struct{}, c.Limits.Calls),
		unfinished:   map[uint16]*delivery{},
	}
	for id, a := range c.Applications {
		u.applications[a.Prefix] = id
	}
	u.typing = newTyping(c, m)
	u.lanes = lanes.New(u.handle)
	u.ctx, u.cancel = context.WithCancelCause(context.Background())
	return u
}

// onPublish takes a PUBLISH from the broker. paho calls it for one after the other and everything waits for it, so it only
// puts the PUBLISH into a lane.
func (u *uplink) onPublish(from *session, m paho.Message) {
	t, err := topic.Parse(m.Topic())
	application, known := u.applications[t.Prefix]
	switch {
	case err != nil || !known || !t.Kind.Uplink():
		u.discard(m, "foreign_topic")
		return
	case m.Retained():
		u.discard(m, "retained")
		// Or it would be back at every SUBSCRIBE. The empty PUBLISH that this makes comes in below.
		go from.hand(func() paho.Token { return from.client.Publish(m.Topic(), 1, true, []byte{}) })
		return
	case len(m.Payload()) == 0:
		u.discard(m, "empty")
		return
	}
	d := &delivery{topic: t, payload: bounded(m.Payload()), message: m, from: from, caller: callerOf(application, t.ID)}
	if m.Qos() > 0 {
		d.packetID = m.MessageID()
		if u.adopt(d) {
			return
		}
	}
	if u.full(d) {
		return
	}
	if u.lanes.Add(d.lane(), d) {
		u.metrics.queued.Inc()
	}
}

// bounded keeps of a payload that is far too large only what shows that. Brokers of others may let anything through.
func bounded(payload []byte) []byte {
	if len(payload) <= maxSalvaged {
		return payload
	}
	return bytes.Clone(payload[:maxUplink+1])
}

// callerOf is the principal whom a topic's subject stands for.
func callerOf(application, subject string) auth.Principal {
	p := auth.Principal{ApplicationID: application, Kind: auth.KindUser, UserID: subject, Peer: component}
	if id, visitor := strings.CutPrefix(subject, auth.AnonymousPrefix); visitor {
		p.Kind, p.UserID = auth.KindVisitor, id
	}
	return p
}

// lane is what keeps the order of a sender. Typing and presence do not queue behind messages: late, they are worth nothing.
func (d *delivery) lane() string {
	switch d.topic.Kind {
	case topic.UplinkTyping, topic.UplinkPresence, topic.UplinkMessageSend:
		return d.topic.String()
	}
	return d.topic.Prefix + "/" + d.topic.ID
}

// adopt finds the delivery that a PUBLISH of a new connection repeats, and makes it acknowledge this copy. The broker uses
// the same packet id again [MQTT-4.4.0-1]; one that does not only makes us call twice, which changes nothing.
func (u *uplink) adopt(d *delivery) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	earlier, ok := u.unfinished[d.packetID]
	if ok && earlier.from != d.from && earlier.topic == d.topic && bytes.Equal(earlier.payload, d.payload) {
		earlier.message, earlier.from = d.message, d.from
		return true
	}
	u.unfinished[d.packetID] = d
	return false
}

// full says that there is no room for a delivery. One of QoS 1 is then still the broker's: it is delivered again on the
// next connection, which is due.
func (u *uplink) full(d *delivery) bool {
	if u.lanes.Len() < u.limits.Queue {
		return false
	}
	u.metrics.dropped.WithLabelValues("queue_full").Inc()
	if d.packetID != 0 {
		u.forget(d)
		go d.from.fail(fmt.Errorf("more than %d uplinks are waiting", u.limits.Queue))
	}
	return true
}

// discard drops a PUBLISH without an answer.
func (u *uplink) discard(m paho.Message, reason string) {
	u.metrics.dropped.WithLabelValues(reason).Inc()
	// Not from here: acknowledging waits for the connection, which waits for us.
	go m.Ack()
}

// handle settles one delivery, unless the gateway stops before.
func (u *uplink) handle(d *delivery) {
	defer u.metrics.queued.Dec()
	reply, result, err := u.settle(d)
	switch {
	case errors.Is(err, errMoved):
	case err != nil:
		u.forget(d)
	default:
		u.metrics.uplinks.WithLabelValues(d.verb(), result).Inc()
		u.finish(d, reply)
	}
}

// settle does what the uplink asks for. It answers what to tell the sender, nil for nothing, and how it went; or else
// errStopped or errMoved. A payload that makes us panic must not come back.
func (u *uplink) settle(d *delivery) (reply proto.Message, result string, err error) {
	defer func() {
		if p := recover(); p != nil {
			u.log.Error("panic in an uplink", "topic", d.topic.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			reply, result, err = d.refusal(rpcerr.Internal(""), nil), resultPoison, nil
		}
	}()
	switch d.topic.Kind {
	case topic.UplinkSend:
		return u.send(d)
	case topic.UplinkMessageSend:
		return u.sendProven(d)
	case topic.UplinkReceipts:
		return u.receipts(d)
	case topic.UplinkSync:
		return u.sync(d)
	case topic.UplinkTyping:
		return u.typed(d)
	default: // presence
		return u.presenceSaid(d)
	}
}

// finish publishes the answer and acknowledges the PUBLISH, in this order on the same connection, so that the broker never
// has the second without the first.
func (u *uplink) finish(d *delivery, reply proto.Message) {
	m, from := u.forget(d)
	on := from
	if from.over() {
		// Answered all the same: the message is stored, and the sender may be there. But not acknowledged: the connection
		// may be just alive enough for that to arrive without the answer. The broker delivers it once more.
		on = u.present()
	}
	if reply != nil && on != nil {
		if err := u.answer(on, d, reply); err != nil {
			on.fail(err) // and the PUBLISH comes again on the next connection
			return
		}
	}
	if on == from && !from.over() { // else paho may have taken the answer without sending it
		m.Ack()
	}
}

// answer publishes on the sender's acks. An error says that it could not be handed over.
func (u *uplink) answer(on *session, d *delivery, reply proto.Message) error {
	acks := topic.Topic{Prefix: d.topic.Prefix, Kind: topic.DownlinkAcks, ID: d.caller.Subject()}
	if !topic.ValidID(acks.ID) {
		return nil // There is nobody to answer.
	}
	payload, err := encode(reply)
	if err != nil {
		u.log.Error("answer an uplink", "topic", d.topic.String(), "error", err)
		return nil // It would not become better.
	}
	u.metrics.published.WithLabelValues(acks.Kind.String()).Inc()
	return failed(on.publish(acks.String(), 1, payload))
}

// forget takes a delivery out of those that a new connection may repeat, and answers what to acknowledge.
func (u *uplink) forget(d *delivery) (paho.Message, *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.unfinished[d.packetID] == d {
		delete(u.unfinished, d.packetID)
	}
	return d.message, d.from
}

// drain takes nothing more from the broker, finishes what is there as far as ctx lets it, and returns when nothing runs.
func (u *uplink) drain(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { u.cancel(errStopped) })
	u.lanes.Close()
	stop()
	u.cancel(errStopped)
}
