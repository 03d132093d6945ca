package mqttgw

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// typingWatch publishes who types as other gateways report it. What happens while the service is out of reach is not told.
type typingWatch struct {
	chat         chatv1.ChatServiceClient
	applications map[string]Application
	watch        watch
	limits       Limits
	typing       *typing
}

func newTypingWatch(c Config, m *metrics, t *typing) *typingWatch {
	return &typingWatch{chat: c.Chat, applications: c.Applications, watch: newWatch(c, m), limits: c.Limits, typing: t}
}

// run watches until the context ends.
func (w *typingWatch) run(ctx context.Context) {
	w.watch.run(ctx, "typing", func(ctx context.Context) error {
		stream, err := w.chat.WatchTyping(ctx, &chatv1.WatchTypingRequest{})
		return eachOf(stream, err, func(news *chatv1.WatchTypingResponse) { w.tell(ctx, news) })
	})
}

// tell publishes what others report.
func (w *typingWatch) tell(ctx context.Context, news *chatv1.WatchTypingResponse) {
	application, served := w.applications[news.GetApplicationId()]
	if !served || news.GetOrigin() == w.typing.origin {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.limits.CallTimeout)
	defer cancel()
	w.typing.voice.tell(ctx, news.GetApplicationId(), application.Prefix, news.GetTyping())
}
