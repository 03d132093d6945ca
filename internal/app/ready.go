package app

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	httpgw "github.com/palabre/palabre/gateway/http"
)

// ready says of everything this process needs whether it is there.
func (a *App) ready(ctx context.Context) []httpgw.Check {
	var checks []httpgw.Check
	add := func(name string, err error) { checks = append(checks, httpgw.Check{Name: name, Err: err}) }
	if a.db != nil {
		add("database", a.db.Ping(ctx))
	}
	for _, role := range a.config.dialled() {
		add(string(role), serving(ctx, a.dialled[role], role))
	}
	if a.mqtt != nil {
		add("mqtt", a.mqtt.Ready())
	}
	return checks
}

// serviceNames are the full names of the services in health.
var serviceNames = map[Role]string{
	RoleChat:       "palabre.chat.v1.ChatService",
	RoleModeration: "palabre.moderation.v1.ModerationService",
	RoleAudience:   "palabre.audience.v1.AudienceService",
}

// serving asks another process whether a role answers there.
func serving(ctx context.Context, conn grpc.ClientConnInterface, role Role) error {
	answer, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{Service: serviceNames[role]})
	if err != nil {
		return err
	}
	if answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		return fmt.Errorf("is %s", answer.GetStatus())
	}
	return nil
}

// awaitReady waits until everything that this process runs answers.
func (a *App) awaitReady(ctx context.Context) error {
	for {
		missing := ""
		for _, check := range a.ready(ctx) {
			if check.Err != nil {
				missing = check.Name
				a.logger.DebugContext(ctx, "not ready yet", "missing", check.Name, "error", check.Err)
			}
		}
		if missing == "" {
			return nil
		}
		timer := time.NewTimer(5 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// Addresses are where an App listens; those it does not open are nil.
type Addresses struct {
	HTTP, GRPC, MQTT net.Addr
}

// Addresses answers where the App listens.
func (a *App) Addresses() Addresses {
	var all Addresses
	if a.httpListener != nil {
		all.HTTP = a.httpListener.Addr()
	}
	if a.grpcListener != nil {
		all.GRPC = a.grpcListener.Addr()
	}
	if a.broker != nil {
		all.MQTT = a.broker.Addr()
	}
	return all
}
