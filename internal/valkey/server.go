package valkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Prefix begins every key of ours, as a server may be shared with others.
const Prefix = "palabre:"

// ErrAway says that the server did not answer, or was not asked because it did not answer a moment ago.
var ErrAway = errors.New("valkey is away")

// Server is the server. Its methods may be called at the same time.
type Server struct {
	client  *redis.Client
	timeout time.Duration
	breaker breaker
	logger  *slog.Logger
	metrics *metrics
}

// Open makes a Server. It does not connect: a server that is away now may be there later. The Registerer may be nil.
func Open(c Config, logger *slog.Logger, r prometheus.Registerer) (*Server, error) {
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	metrics, err := newMetrics(r)
	if err != nil {
		return nil, err
	}
	// go-redis tells stderr of each connection that fails; that the server is away is logged here, and once.
	redis.SetLogger(silence{})
	return &Server{client: redis.NewClient(options), timeout: c.timeout(), logger: logger, metrics: metrics}, nil
}

// Run runs a script on the server. Its error, as it is and wrapped, is ErrAway whatever went wrong, which has been logged
// by then. The end of the context does not break it off: that takes no longer than the timeout, and a connection that is
// broken off is lost.
func (s *Server) Run(ctx context.Context, script *redis.Script, keys []string, args ...any) (answer any, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		answer, err = script.Run(ctx, s.client, keys, args...).Result()
		return err
	})
	return answer, err
}

// call asks the server, unless it did not answer a moment ago.
func (s *Server) call(ctx context.Context, ask func(context.Context) error) error {
	if !s.breaker.allows(time.Now()) {
		s.metrics.calls.WithLabelValues(resultSkipped).Inc()
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if err := ask(ctx); err != nil && !errors.Is(err, redis.Nil) { // a script that answers nothing is an answer
		s.failed(ctx, err)
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	s.answered(ctx)
	return nil
}

func (s *Server) failed(ctx context.Context, err error) {
	s.metrics.calls.WithLabelValues(resultFailed).Inc()
	s.metrics.up.Set(0)
	if s.breaker.failed(time.Now()) {
		s.logger.WarnContext(ctx, "valkey is away: each process goes on by itself until it is back",
			"addr", s.client.Options().Addr, "error", err)
	}
}

func (s *Server) answered(ctx context.Context) {
	s.metrics.calls.WithLabelValues(resultAnswered).Inc()
	s.metrics.up.Set(1)
	if s.breaker.answered() {
		s.logger.InfoContext(ctx, "valkey is back", "addr", s.client.Options().Addr)
	}
}

// Ping says whether the server answers, whatever it did before.
func (s *Server) Ping(ctx context.Context) error { return s.client.Ping(ctx).Err() }

// Close closes the connections.
func (s *Server) Close() error { return s.client.Close() }

type silence struct{}

// Printf says nothing.
func (silence) Printf(context.Context, string, ...any) {}
