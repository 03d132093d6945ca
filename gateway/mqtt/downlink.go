package mqttgw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// headerAfter is the header of a stream with the cursor after which it streams.
	headerAfter = "x-palabre-after"
	// maxEvent is the largest event that is published, in bytes: brokers close the connection on packets that are larger
	// than they like, and it would be tried for ever.
	maxEvent = 1 << 20
	// confirmation is how long a stream may take to say that it has begun. One that says nothing has, by then.
	confirmation = 250 * time.Millisecond
	// consumer is under what name the service keeps how far the gateways of a broker have come, of whom one publishes.
	consumer = "mqtt"
)

// downlink publishes the events of the service.
type downlink struct {
	chat         chatv1.ChatServiceClient
	membership   *Membership
	accounts     *accounts // nil unless the gateway keeps them
	removed      func(applicationID, subject, conversationID string)
	heard        func(topic string) bool
	consumer     string // "" where the service does not keep how far this gateway has come
	applications map[string]Application
	limits       Limits
	log          *slog.Logger
	metrics      *metrics

	window *window
	// received is the cursor of the last event that the window has, acknowledged the one that the service was told last;
	// "" at the start.
	received, acknowledged string

	// began is closed when the first stream of an edge has begun, after which no event is missed. Nil elsewhere.
	began     chan struct{}
	beginOnce func()

	mu     sync.Mutex
	closed error // nil while the stream is open, otherwise why it is not
}

func newDownlink(c Config, m *metrics, sessions *client, kept *accounts) *downlink {
	d := &downlink{
		chat: c.Chat, membership: c.Membership, accounts: kept, removed: c.OnMembershipRemoved, heard: c.Heard, applications: c.Applications,
		consumer: consumer, limits: c.Limits, log: c.Logger, metrics: m,
		window: newWindow(c, m, sessions),
		closed: errors.New("not opened yet"), beginOnce: func() {},
	}
	if c.Edge {
		d.consumer, d.began = "", make(chan struct{})
		d.beginOnce = sync.OnceFunc(func() { close(d.began) })
	}
	return d
}

// run reads the stream until the context ends, and opens it again whenever it breaks.
func (d *downlink) run(ctx context.Context) {
	wait := d.limits.backoff()
	fresh := false
	for {
		began := time.Now()
		err := d.follow(ctx, fresh)
		d.ended(err)
		if ctx.Err() != nil {
			return
		}
		d.metrics.retries.WithLabelValues("stream").Inc()
		// Its place is gone: the events were deleted, or the database is another one. Clients that miss them sync.
		fresh = rpcerr.Code(err) == codes.OutOfRange
		if fresh {
			d.log.ErrorContext(ctx, "events are missing: going on from the present", "cursor", d.received, "error", err)
			d.received = ""
			d.membership.forgetAll()
		} else {
			d.log.WarnContext(ctx, "the event stream broke", "error", err)
		}
		if time.Since(began) > settled {
			wait.Reset()
		}
		asked, _ := rpcerr.RetryDelay(err)
		if wait.Pause(ctx, min(asked, d.limits.MaxRetryAfter)) != nil {
			return
		}
	}
}

// follow reads one stream to its end: from where the one before ended, or else from what was acknowledged; fresh means
// from now.
func (d *downlink) follow(ctx context.Context, fresh bool) error {
	ctx, cancel := context.WithCancel(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}))
	defer cancel()
	req := &chatv1.StreamEventsRequest{Cursor: d.received, Consumer: d.consumer}
	if fresh {
		req.Consumer = ""
	}
	stream, err := d.chat.StreamEvents(ctx, req)
	if err != nil {
		return err
	}
	// It has begun when the service sends the headers; before, it may not have looked up yet from where on it streams.
	defer time.AfterFunc(confirmation, func() { d.opened(ctx) }).Stop()
	if headers, err := stream.Header(); err == nil && len(headers) > 0 { // without any, it was refused
		d.begin(headers.Get(headerAfter))
		d.opened(ctx)
		if fresh && d.accounts.startOver(ctx) != nil {
			return context.Cause(ctx)
		}
	}
	for {
		e, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the service ended the stream")
		case err != nil:
			return err
		}
		if err := d.take(ctx, e); err != nil {
			return err
		}
	}
}

// begin takes note of where a stream starts that was to start from the present. Otherwise what happens before the first
// event is done would be lost when the stream breaks, or the gateway.
func (d *downlink) begin(after []string) {
	defer d.beginOnce()
	if d.received != "" || len(after) == 0 {
		return
	}
	d.received = after[0]
	d.window.begin(after[0])
}

// take hands an event to the window, and waits there while the broker is slower than the stream. Whoever relies on what is
// known of memberships hears of the event first.
func (d *downlink) take(ctx context.Context, e *chatv1.StreamEventsResponse) error {
	d.membership.observe(e.GetApplicationId(), e.GetEvent())
	if err := d.accounts.observe(ctx, e); err != nil {
		return err
	}
	if e.GetEvent().GetEvent() == eventParticipantRemoved && d.removed != nil {
		d.removed(e.GetApplicationId(), subjectOf(e.GetEvent().GetParticipant()), e.GetEvent().GetConversationId())
	}
	if err := d.window.put(ctx, d.prepare(e)); err != nil {
		return err
	}
	d.received = e.GetEvent().GetCursor()
	return nil
}

// prepare makes the publishes of an event. One that cannot be published is passed over.
func (d *downlink) prepare(e *chatv1.StreamEventsResponse) batch {
	b := batch{cursor: e.GetEvent().GetCursor(), at: e.GetEvent().GetAt().AsTime()}
	application, served := d.applications[e.GetApplicationId()]
	if !served {
		d.drop(e, "unknown_application", nil)
		return b
	}
	var payload []byte
	var written proto.Message
	for _, one := range d.open(application, e) {
		if one.payload != written { // Most events are one payload, whoever gets it.
			var err error
			if payload, err = encodeEvent(one.payload); err != nil {
				d.drop(e, "unpublishable_event", err)
				return batch{cursor: b.cursor, at: b.at}
			}
			written = one.payload
		}
		b.publishes = append(b.publishes, &publish{topic: one.topic, payload: payload})
	}
	return b
}

// encodeEvent writes a payload of an event, unless brokers would not take it.
func encodeEvent(m proto.Message) ([]byte, error) {
	payload, err := encode(m)
	if err == nil && len(payload) > maxEvent {
		err = fmt.Errorf("it has %d bytes", len(payload))
	}
	return payload, err
}

// open answers what is published of an event on topics where anybody may hear it.
func (d *downlink) open(application Application, e *chatv1.StreamEventsResponse) []outgoing {
	return slices.DeleteFunc(published(application, e), func(o outgoing) bool {
		if err := o.topic.Validate(); err != nil {
			d.drop(e, "unpublishable_topic", err)
			return true
		}
		return d.heard != nil && !d.heard(o.topic.String())
	})
}

func (d *downlink) drop(e *chatv1.StreamEventsResponse, reason string, err error) {
	d.metrics.dropped.WithLabelValues(reason).Inc()
	d.log.Warn("event not published", "reason", reason, "application_id", e.GetApplicationId(),
		"event_id", e.GetEvent().GetEventId(), "error", err)
}

// opened marks the stream as open, unless it has ended by now.
func (d *downlink) opened(stream context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if stream.Err() == nil {
		d.closed = nil
		d.accounts.follows()
	}
}

// ended marks the stream as not open, and says why.
func (d *downlink) ended(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = why
}

// ready is nil while the stream is open.
func (d *downlink) ready() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed != nil {
		return fmt.Errorf("events: %w", d.closed)
	}
	return nil
}
