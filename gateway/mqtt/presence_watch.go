package mqttgw

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// eventPresenceChanged is the event by which people hear of who came and went. It has no cursor.
const eventPresenceChanged = "presence.changed"

// presenceWatch publishes who came and went, as the service says whom to tell. What happens while the service or the broker
// is out of reach is not told: clients ask for the present state when they connect.
type presenceWatch struct {
	chat         chatv1.ChatServiceClient
	applications map[string]Application
	watch        watch
	metrics      *metrics
	heard        func(topic string) bool // nil where that is not known
	present      func() *session         // answers nil when there is none
}

func newPresenceWatch(c Config, m *metrics, present func() *session) *presenceWatch {
	return &presenceWatch{
		chat: c.Chat, applications: c.Applications, watch: newWatch(c, m), metrics: m, heard: c.Heard, present: present,
	}
}

// run watches until the context ends.
func (w *presenceWatch) run(ctx context.Context) {
	w.watch.run(ctx, "presence", func(ctx context.Context) error {
		stream, err := w.chat.WatchPresence(ctx, &chatv1.WatchPresenceRequest{})
		return eachOf(stream, err, w.tell)
	})
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
