package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	httpgw "github.com/palabre/palabre/gateway/http"
	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	"github.com/palabre/palabre/gateway/webhook"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/broker"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/valkey"
)

// App is one process of a deployment, put together.
type App struct {
	config   Config
	logger   *slog.Logger
	metrics  *prometheus.Registry
	verifier *auth.Verifier

	db     *database.DB   // nil unless this process runs a service
	valkey *valkey.Server // nil unless configured, and a role that this process runs uses it
	server *rpc.Server

	// How this process reaches the services, in memory or over the network.
	dialled    map[Role]*grpc.ClientConn
	chat       chatv1.ChatServiceClient
	moderation moderationv1.ModerationServiceClient
	audience   audiencev1.AudienceServiceClient

	// firstSight is told of callers; nil unless the chat service is run.
	firstSight func(context.Context, auth.Principal)

	// work is what services do in the background.
	work []func(context.Context) error

	broker     *broker.Broker     // nil unless embedded
	mqtt       *mqttgw.Gateway    // nil unless run
	http       *httpgw.Gateway    // nil unless run
	webhooks   *webhook.Gateway   // nil unless the HTTP gateway is run, and there are any
	membership *mqttgw.Membership // nil until a gateway needs it

	grpcListener net.Listener
	httpListener net.Listener

	// closers undo what was opened, the last first.
	closers []func(context.Context) error
}

// drainTime is how long a stop waits for what is under way.
const drainTime = 10 * time.Second

// New makes an App of a configuration: the stores, the services on them, the gateways before them. Its listeners are
// open, so its addresses are known; nothing is answered before Run. What it opened is closed by Close.
func New(ctx context.Context, c Config) (*App, error) {
	madeUp, err := c.complete()
	if err != nil {
		return nil, err
	}
	a := &App{config: c, logger: c.logger(), metrics: prometheus.NewRegistry(), dialled: map[Role]*grpc.ClientConn{}}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if len(madeUp) > 0 {
		a.logger.DebugContext(ctx, "secrets were made up", "keys", madeUp, "file", c.DataDir+"/"+secretsFile)
	}
	steps := []func(context.Context) error{
		a.openVerifier, a.openDatabase, a.openValkey, a.openServer, a.openServices, a.openBroker, a.openHTTP, a.openWebhooks, a.listen,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// complete fills in what the configuration leaves out, and refuses what cannot be.
func (c *Config) complete() (madeUp []string, err error) {
	if len(c.Applications) == 0 {
		c.Applications = defaultApplications()
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if madeUp, err = c.completeSecrets(); err != nil {
		return nil, err
	}
	return madeUp, c.secure(madeUp)
}

// Run serves until the context ends or a part fails, and then drains: no new calls, what is under way is finished.
// ready, when given, is called once everything answers; its error stops the App.
func (a *App) Run(ctx context.Context, ready func() error) error {
	group, ctx := errgroup.WithContext(ctx)
	// The gateways stop first, while the services still answer them.
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	if a.grpcListener != nil {
		group.Go(func() error { return a.server.Serve(a.grpcListener) })
	}
	for _, run := range a.work {
		group.Go(func() error { return run(ctx) })
	}
	gateways := a.runGateways(ctx, group)
	if ready != nil {
		group.Go(func() error {
			if err := a.awaitReady(ctx); err != nil {
				return err
			}
			return ready()
		})
	}
	group.Go(func() error {
		defer stopServing()
		<-ctx.Done()
		a.logger.InfoContext(serving, "stopping")
		gateways.Wait()
		drain, cancel := context.WithTimeout(serving, drainTime)
		defer cancel()
		return a.server.Shutdown(drain)
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// Close closes what New opened, the last first. Run does it too.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var errs []error
	for len(a.closers) > 0 {
		last := len(a.closers) - 1
		errs = append(errs, a.closers[last](ctx))
		a.closers = a.closers[:last]
	}
	return errors.Join(errs...)
}

func (a *App) onClose(f func(context.Context) error) { a.closers = append(a.closers, f) }

func (a *App) openVerifier(context.Context) (err error) {
	if a.verifier, err = a.config.verifier(a.logger); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	a.onClose(func(context.Context) error { a.verifier.Close(); return nil })
	return nil
}

func (a *App) openDatabase(ctx context.Context) (err error) {
	if !a.config.runsService() {
		return nil
	}
	if a.db, err = OpenDatabase(ctx, a.config); err != nil {
		return err
	}
	a.onClose(func(context.Context) error { return a.db.Close() })
	a.work = append(a.work, a.watchDatabase)
	applied, err := a.db.Migrate(ctx)
	if applied > 0 {
		a.logger.InfoContext(ctx, "the database's schema is up to date", "migrations_applied", applied)
	}
	return err
}

func (a *App) openValkey(context.Context) (err error) {
	if !a.config.usesValkey() {
		return nil
	}
	if a.valkey, err = valkey.Open(a.config.Valkey, a.logger, a.metrics); err != nil {
		return fmt.Errorf("valkey.%w", err)
	}
	a.onClose(func(context.Context) error { return a.valkey.Close() })
	return nil
}

// usesValkey says whether this process has something to count on a server that was configured.
func (c *Config) usesValkey() bool { return c.Valkey.URL != "" && c.runs(RoleChat) }

// listen opens the listeners of this process.
func (a *App) listen(ctx context.Context) (err error) {
	if a.config.runsService() {
		if a.grpcListener, err = a.listenOn(ctx, "grpc", a.config.GRPC.Addr); err != nil {
			return err
		}
	}
	if a.http != nil {
		if a.httpListener, err = a.listenOn(ctx, "http", a.config.HTTP.Addr); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) listenOn(ctx context.Context, key, addr string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s.addr: %w", key, err)
	}
	a.onClose(func(context.Context) error {
		// Whoever served it has closed it already.
		_ = l.Close()
		return nil
	})
	return l, nil
}
