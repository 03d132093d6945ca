package mqttgw

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// PresenceConfig is what a Presence is made of. Chat is required.
type PresenceConfig struct {
	// Chat is told, as the component "mqtt".
	Chat chatv1.ChatServiceClient
	// SeesConnections says that the broker tells of connections, by Connection. Then what clients say of themselves adds
	// nothing.
	SeesConnections bool
	// Process tells the connections of this process from those that a client of the same id has to another.
	Process string
	// ConnectionTime is how long a connection is taken for alive after this process said so last: 20 s. It does so three
	// times within that.
	ConnectionTime time.Duration
	// SaidTime is how long a client is believed that it is online, unless it says so again or its will comes: 10 minutes.
	SaidTime time.Duration
	// Timeout bounds each call: 5 s.
	Timeout time.Duration
	// Logger hears of what could not be reported. slog.Default by default.
	Logger *slog.Logger
}

// Presence reports to the service who is connected. What could not be reported is reported the next time, unless it has
// changed. All methods may be called at once.
type Presence struct {
	config PresenceConfig

	mu sync.Mutex
	// connections are held on until they end.
	connections map[clientSession]struct{}
	// unreported is what the service was not told yet: whether a session is there.
	unreported map[clientSession]bool
	changed    chan struct{} // has something in it when there is something unreported
}

// clientSession names a session of a user.
type clientSession struct {
	application, subject, id string
}

const (
	// reportSize is how many sessions are reported at once.
	reportSize = 500
	// reportAgain is when it is tried again to report what could not be.
	reportAgain = time.Second
)

// NewPresence makes a Presence that knows of nobody. It reports while a Gateway runs that it was given to.
func NewPresence(c PresenceConfig) *Presence {
	orDefault(&c.ConnectionTime, 20*time.Second)
	orDefault(&c.SaidTime, 10*time.Minute)
	orDefault(&c.Timeout, 5*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Presence{
		config: c, connections: map[clientSession]struct{}{}, unreported: map[clientSession]bool{}, changed: make(chan struct{}, 1),
	}
}

// Connection hears that a client has connected, or that its connection is over.
func (p *Presence) Connection(applicationID, subject, clientID string, connected bool) {
	s := clientSession{applicationID, subject, strings.ToValidUTF8(p.config.Process+"/"+clientID, "?")}
	p.mu.Lock()
	defer p.mu.Unlock()
	if connected {
		p.connections[s] = struct{}{}
	} else {
		delete(p.connections, s)
	}
	p.reportLocked(s, connected)
}

// said hears what a client says of itself.
func (p *Presence) said(applicationID, subject, sessionID string, online bool) {
	if p.config.SeesConnections {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reportLocked(clientSession{applicationID, subject, "said/" + sessionID}, online)
}

func (p *Presence) reportLocked(s clientSession, online bool) {
	p.unreported[s] = online
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// run reports until the context ends, and then that the connections have ended: their clients go elsewhere.
func (p *Presence) run(ctx context.Context) {
	ticker := time.NewTicker(p.config.ConnectionTime / 3)
	defer ticker.Stop()
	var again <-chan time.Time // nil unless the last report failed
	for {
		select {
		case <-p.changed:
		case <-again:
		case <-ticker.C:
			p.holdOn(true)
		case <-ctx.Done():
			p.holdOn(false)
			_ = p.report(context.WithoutCancel(ctx))
			return
		}
		failedBefore := again != nil
		again = nil
		if err := p.report(ctx); err != nil && ctx.Err() == nil {
			again = time.After(reportAgain)
			if !failedBefore {
				p.config.Logger.WarnContext(ctx, "it could not be reported who is connected, and is tried again until it is", "error", err)
			}
		}
	}
}

// holdOn makes all connections to be reported, as there or as gone.
func (p *Presence) holdOn(connected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.connections {
		p.unreported[s] = connected
	}
}

// report tells the service what it was not told yet, in portions.
func (p *Presence) report(ctx context.Context) error {
	for {
		some := p.take()
		if len(some) == 0 {
			return nil
		}
		if err := p.send(ctx, some); err != nil {
			p.putBack(some)
			return err
		}
	}
}

// take takes a portion of what is unreported.
func (p *Presence) take() map[clientSession]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	some := map[clientSession]bool{}
	for s, online := range p.unreported {
		if len(some) == reportSize {
			break
		}
		some[s] = online
		delete(p.unreported, s)
	}
	return some
}

// putBack takes back what could not be reported, but for what has changed since.
func (p *Presence) putBack(some map[clientSession]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, online := range some {
		if _, newer := p.unreported[s]; !newer {
			p.unreported[s] = online
		}
	}
}

func (p *Presence) send(ctx context.Context, some map[clientSession]bool) error {
	req := &chatv1.ReportPresenceRequest{}
	for s, online := range some {
		req.Sessions = append(req.Sessions, p.sessionReport(s, online))
	}
	ctx, cancel := context.WithTimeout(auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component}), p.config.Timeout)
	defer cancel()
	_, err := p.config.Chat.ReportPresence(ctx, req)
	return err
}

func (p *Presence) sessionReport(s clientSession, online bool) *chatv1.SessionReport {
	r := &chatv1.SessionReport{
		ApplicationId: s.application, UserId: s.subject, SessionId: s.id, Status: chatv1.Presence_offline,
	}
	if online {
		r.Status, r.Ttl = chatv1.Presence_online, durationpb.New(p.config.SaidTime)
		if p.config.SeesConnections {
			r.Ttl = durationpb.New(p.config.ConnectionTime)
		}
	}
	return r
}
