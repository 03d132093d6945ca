package mqttgw

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// typingWatch publishes who types as other gateways report it. What happens while the service is out of reach is not told.
type typingWatch struct {
	chat         chatv1.ChatServiceClient
	applications map[string]Application
	limits       Limits
	log          *slog.Logger
	metrics      *metrics
	typing       *typing
}

func newTypingWatch(c Config, m *metrics, t *typing) *typingWatch {
	return &typingWatch{chat: c.Chat, applications: c.Applications, limits: c.Limits, log: c.Logger, metrics: m, typing: t}
}

// run watches until the context ends.
func (w *typingWatch) run(ctx context.Context) {
	wait := w.limits.backoff()
	for {
		began := time.Now()
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		// A service of an earlier version passes nothing on.
		if rpcerr.Code(err) != codes.Unimplemented {
			w.metrics.retries.WithLabelValues("typing").Inc()
			w.log.WarnContext(ctx, "the stream of typing broke", "error", err)
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
func (w *typingWatch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}))
	defer cancel()
	stream, err := w.chat.WatchTyping(ctx, &chatv1.WatchTypingRequest{})
	if err != nil {
		return err
	}
	for {
		news, err := stream.Recv()
		if err != nil {
			return err
		}
		w.tell(ctx, news)
	}
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
