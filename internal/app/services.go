package app

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/blob"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/presence"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/audience"
	audiencestore "github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/chat"
	chatstore "github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/moderation"
)

// openServer makes the server of the services, with one chain of interceptors for all.
func (a *App) openServer(context.Context) (err error) {
	tls, err := a.config.GRPC.TLS.server()
	if err != nil {
		return fmt.Errorf("config: grpc.tls.%w", err)
	}
	a.server, err = rpc.NewServer(rpc.Config{
		Verifier:   a.verifier,
		PeerSecret: []byte(a.config.PeerSecret),
		Policy:     auth.MergePolicies(chat.Policy(), moderation.Policy(), audience.Policy()),
		Observe:    a.observe,
		Errors:     rpcerr.MergeTables(chat.Errors(), moderation.Errors(), audience.Errors()),
		TLS:        tls,
		Metrics:    a.metrics,
		Logger:     a.logger,
	})
	return err
}

// observe tells the chat service of callers, where this process runs it. It is made after the server that has the callers.
func (a *App) observe(ctx context.Context, p auth.Principal) {
	if a.firstSight != nil {
		a.firstSight(ctx, p)
	}
}

// openServices makes the services this process runs, and the clients of those it does not.
func (a *App) openServices(ctx context.Context) error {
	chatConn, err := a.reach(RoleChat, "app")
	if err != nil {
		return err
	}
	moderationConn, err := a.reach(RoleModeration, "chat")
	if err != nil {
		return err
	}
	audienceConn, err := a.reach(RoleAudience, "chat")
	if err != nil {
		return err
	}
	a.chat = chatv1.NewChatServiceClient(chatConn)
	a.moderation = moderationv1.NewModerationServiceClient(moderationConn)
	a.audience = audiencev1.NewAudienceServiceClient(audienceConn)

	if a.config.runs(RoleModeration) {
		if err := a.openModeration(ctx); err != nil {
			return err
		}
	}
	if a.config.runs(RoleAudience) {
		store := audiencestore.New(audiencestore.Config{Database: a.db})
		service, err := audience.New(audience.Config{
			Store:   store,
			Roles:   a.config.audienceRoles(),
			Silent:  a.config.silent(),
			Sources: a.config.sources(),
			Logger:  a.logger,
		})
		if err != nil {
			return err
		}
		service.Register(a.server)
		a.work = append(a.work, service.Run)
	}
	if a.config.runs(RoleChat) {
		bell, announced := a.doorbell("palabre_events"), new(outbox.Doorbell)
		passwords, err := a.config.mqttPasswords()
		if err != nil {
			return err
		}
		service, err := chat.New(chat.Config{
			Store:       chatstore.New(chatstore.Config{Database: a.db, Bell: bell, Announced: announced, Registerer: a.metrics}),
			Moderation:  a.moderation,
			Audience:    a.audience,
			Features:    a.config.features(),
			Visitors:    a.config.visitorRules(),
			Languages:   a.config.languages(),
			FloodLimits: a.config.floodLimits(),
			Flood:       a.floodLimiter(),
			Unjudged:    a.config.unjudged(),
			Roles:       a.config.roles(),
			Presence:    a.presenceRegistry(),
			Typing:      a.typingChannel(),
			Attachments: a.config.attachmentRules(),
			Blobs:       blob.NewDir(a.config.attachmentsDir()),
			Secret:      []byte(a.config.PeerSecret),

			MQTTPasswords: passwords,

			Bell:      bell,
			Announced: announced,
			Retention: a.config.Events,

			Registerer: a.metrics,
			Logger:     a.logger,
		})
		if err != nil {
			return err
		}
		service.Register(a.server)
		a.firstSight = service.Observe
		a.work = append(a.work, service.Run)
	}
	return nil
}

// floodLimiter counts together with the other processes where there is something to count on.
func (a *App) floodLimiter() chat.FloodLimiter {
	if a.valkey == nil {
		return flood.NewMemory(nil)
	}
	return flood.NewValkey(a.valkey, nil)
}

// presenceRegistry knows what all processes see where there is something to tell each other by.
func (a *App) presenceRegistry() chat.PresenceRegistry {
	if a.valkey == nil {
		return presence.NewMemory(nil)
	}
	return presence.NewValkey(a.valkey)
}

// typingChannel reaches all processes where there is something to tell each other by.
func (a *App) typingChannel() chat.TypingChannel {
	if a.valkey == nil {
		return nil
	}
	return a.valkey.Channel("typing")
}

// doorbell makes a bell that is rung when something was committed, also by another process where the database can tell. name
// is what processes know it by.
func (a *App) doorbell(name string) *outbox.Doorbell {
	bell := new(outbox.Doorbell)
	signal := a.db.NewSignal(name)
	bell.PassOn(signal.Send)
	a.work = append(a.work, func(ctx context.Context) error { return signal.Run(ctx, bell.RingHere) })
	return bell
}

// reach answers a connection to a role, in memory where this process runs it. component is who calls.
func (a *App) reach(role Role, component string) (grpc.ClientConnInterface, error) {
	if a.config.runs(role) {
		return a.server.Loopback(component), nil
	}
	if a.config.Services[role] == "" {
		// Nothing that this process runs needs it: Validate has seen to that.
		return unreachable{role}, nil
	}
	conn, err := a.config.dial(role, component)
	if err != nil {
		return nil, err
	}
	a.dialled[role] = conn
	a.onClose(func(context.Context) error { return conn.Close() })
	return conn, nil
}

// unreachable stands for a role that this process neither runs nor needs.
type unreachable struct{ role Role }

// Invoke fails.
func (u unreachable) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return fmt.Errorf("services.%s: is not configured", u.role)
}

// NewStream fails.
func (u unreachable) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, fmt.Errorf("services.%s: is not configured", u.role)
}
