package httpgw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve answers the connections of a listener, which it closes, until ctx is done. Then it accepts no more, /readyz says
// so, and requests under way are given Limits.Drain to end; WebSockets are ended by who serves them. Nil when all ended
// in time. It may be called for several listeners, of which the first to drain marks the Gateway as draining.
func (g *Gateway) Serve(ctx context.Context, listener net.Listener) error {
	server := g.newServer(ctx)
	failed := make(chan error, 1)
	go func() { failed <- g.accept(server, listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("httpgw: serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	g.draining.Store(true)
	err := g.drain(ctx, server)
	if accepting := <-failed; !errors.Is(accepting, http.ErrServerClosed) {
		err = errors.Join(err, accepting)
	}
	return err
}

func (g *Gateway) newServer(ctx context.Context) *http.Server {
	limits := g.cfg.Limits
	return &http.Server{
		Handler:           g.handler,
		TLSConfig:         g.cfg.TLSConfig,
		ReadHeaderTimeout: limits.ReadHeader,
		// A whole request is read within the time that it may take, and a slow reader of the answer is given as much again.
		// A connection that becomes a WebSocket is freed of both.
		ReadTimeout:    limits.Request,
		WriteTimeout:   2 * limits.Request,
		IdleTimeout:    limits.Idle,
		MaxHeaderBytes: limits.Header,
		ErrorLog:       slog.NewLogLogger(g.cfg.Logger.Handler(), slog.LevelDebug), // what scanners and dropped connections cause
		// Requests under way outlive ctx, so that they can end.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}

func (g *Gateway) accept(server *http.Server, listener net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}

func (g *Gateway) drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.cfg.Limits.Drain)
	defer cancel()
	start := time.Now()
	err := server.Shutdown(ctx)
	if err == nil {
		return nil
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("httpgw: close: %w", err)
	}
	if err := server.Close(); err != nil {
		g.cfg.Logger.Debug("closing connections", "error", err)
	}
	return fmt.Errorf("httpgw: requests were still under way after %s and were cut off", time.Since(start).Round(time.Millisecond))
}
