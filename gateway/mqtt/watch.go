package mqttgw

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// watch follows a stream of the service that has no cursor, and opens it again whenever it breaks.
type watch struct {
	limits  Limits
	log     *slog.Logger
	metrics *metrics
}

func newWatch(c Config, m *metrics) watch { return watch{limits: c.Limits, log: c.Logger, metrics: m} }

// run follows until the context ends; follow reads one stream to its end, and what is what it tells of.
func (w watch) run(ctx context.Context, what string, follow func(context.Context) error) {
	wait := w.limits.backoff()
	for {
		began := time.Now()
		err := w.once(ctx, follow)
		if ctx.Err() != nil {
			return
		}
		// A service of an earlier version does not know what is asked for.
		if rpcerr.Code(err) != codes.Unimplemented {
			w.metrics.retries.WithLabelValues(what).Inc()
			w.log.WarnContext(ctx, "a stream of the service broke", "of", what, "error", err)
		}
		if time.Since(began) > settled {
			wait.Reset()
		}
		if wait.Pause(ctx, 0) != nil {
			return
		}
	}
}

func (w watch) once(ctx context.Context, follow func(context.Context) error) error {
	ctx, cancel := context.WithCancel(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}))
	defer cancel()
	return follow(ctx)
}

// eachOf tells of what comes by a stream, if it was opened, until its end.
func eachOf[T any](stream grpc.ServerStreamingClient[T], err error, tell func(*T)) error {
	for err == nil {
		var news *T
		if news, err = stream.Recv(); err == nil {
			tell(news)
		}
	}
	return err
}
