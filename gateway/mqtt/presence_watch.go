package mqttgw

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// eventPresenceChanged is the event by which people hear of who came and went. It has no cursor.
const eventPresenceChanged = "presence.changed"

// presenceWatch publishes who came and went, as the service says whom to tell. What happens while the service or the broker
// is out of reach is not told: clients ask for the present state when they connect.
type presenceWatch struct {
	chat         chatv1.ChatServiceClient
	applications map[string]Application
	limits       Limits
	log          *slog.Logger
	metrics      *metrics
	heard        func(topic string) bool // nil where that is not known
	present      func() *session         // answers nil when there is none
}

func newPresenceWatch(c Config, m *metrics, present func() *session) *presenceWatch {
	return &presenceWatch{
		chat: c.Chat, applications: c.Applications, limits: c.Limits, log: c.Logger, metrics: m, heard: c.Heard, present: present,
	}
}

// run watches until the context ends.
func (w *presenceWatch) run(ctx context.Context) {
	wait := w.limits.backoff()
	for {
		began := time.Now()
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		// A service of an earlier version has no presence.
		if rpcerr.Code(err) != codes.Unimplemented {
			w.metrics.retries.WithLabelValues("presence").Inc()
			w.log.WarnContext(ctx, "the stream of presence broke", "error", err)
		}
		if time.Since(began) > settled {
			wait.reset()
		}
		if wait.pause(ctx, 0) != nil {
			return
		}
	}
}

// follow reads one stream to its end.
func (w *presenceWatch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}))
	defer cancel()
	stream, err := w.chat.WatchPresence(ctx, &chatv1.WatchPresenceRequest{})
	if err != nil {
		return err
	}
	for {
		news, err := stream.Recv()
		if err != nil {
			return err
		}
		w.tell(news)
	}
}

// tell publishes a digest for each who is told, at QoS 0.
func (w *presenceWatch) tell(news *chatv1.WatchPresenceResponse) {
	application, served := w.applications[news.GetApplicationId()]
	on := w.present()
	if !served || on == nil {
		return
	}
	at := timestamppb.Now()
	for _, audience := range news.GetAudiences() {
		inbox := topic.Topic{Prefix: application.Prefix, Kind: topic.DownlinkMessages, ID: audience.GetUserId()}
		if w.heard == nil || w.heard(inbox.String()) {
			w.publish(on, inbox, presenceChanged(news.GetPresences(), audience.GetPlaces(), at))
		}
	}
}

func (w *presenceWatch) publish(on *session, inbox topic.Topic, e *chatv1.Event) {
	payload, err := encode(e)
	if err != nil || inbox.Validate() != nil {
		w.metrics.dropped.WithLabelValues("unpublishable_event").Inc()
		return
	}
	on.publish(inbox.String(), 0, payload)
	w.metrics.published.WithLabelValues(inbox.Kind.String()).Inc()
}

func presenceChanged(presences []*chatv1.Presence, places []int32, at *timestamppb.Timestamp) *chatv1.Event {
	digest := new(chatv1.PresenceDigest)
	for _, place := range places {
		if int(place) < len(presences) {
			digest.Presences = append(digest.Presences, presences[place])
		}
	}
	return &chatv1.Event{
		Event: eventPresenceChanged, EventId: uuid.NewString(), At: at,
		Payload: &chatv1.Event_PresenceDigest{PresenceDigest: digest},
	}
}
