package chat

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/presence"
)

// Config is what a Service is made of.
type Config struct {
	// Store keeps the data.
	Store Store
	// Moderation judges contents.
	Moderation moderationv1.ModerationServiceClient
	// Audience knows people's names, and whom announcements address.
	Audience audiencev1.AudienceServiceClient
	// Features says for each application what it has switched on. One that is not in it has nothing.
	Features map[string]Features
	// Visitors are each application's terms for visitors, Languages in what the system speaks to its people. What is not in
	// them has the defaults.
	Visitors  map[string]VisitorRules
	Languages map[string]Language
	// FloodLimits are how much each application's people may send until the moderation service tells its rules; who is not in
	// it has no limit. Flood counts; this process by itself when nil.
	FloodLimits map[string]flood.Limit
	Flood       FloodLimiter
	// Unjudged are the applications that let messages through while the moderation service is away. The others refuse them
	// for as long.
	Unjudged map[string]bool
	// Roles says for each application what the roles in its directory mean to moderation rules; a member when nothing.
	Roles map[string]map[string]auth.RoleKind
	// Presence knows who is connected; of what this process is told when nil.
	Presence PresenceRegistry
	// PresenceTiming is how soon people are told of it.
	PresenceTiming PresenceTiming
	// Typing passes on to the other processes who types; to the watchers of this process alone when nil.
	Typing TypingChannel
	// Attachments are each application's terms for files; what is not in it has the defaults. Blobs keeps their bytes; required
	// where an application has attachments.
	Attachments map[string]AttachmentRules
	Blobs       Blobs
	// Secret is the deployment's. Of it the keys are derived that sign visitors' tokens and links to files, and stand in
	// for visitors' addresses; required where an application has visitors or attachments.
	Secret []byte
	// MQTTPasswords are handed out where the broker knows no tokens; nil where it does, or has passwords of its own.
	MQTTPasswords *auth.MQTTPasswords
	// Bell is rung by the Store when events were committed.
	Bell *outbox.Doorbell
	// Announced is rung by the Store when an announcement is to be handed on to its audience; without it that is found by
	// looking now and then, as is what other processes announce.
	Announced *outbox.Doorbell
	// Absence is how long a message may go unacknowledged until those who have not received it count as absent, and are
	// notified; 2 s when zero.
	Absence time.Duration
	// Retention is how long events are kept.
	Retention Retention
	// Registerer gets the metrics; nil for none.
	Registerer prometheus.Registerer
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger hears what no caller is told; slog.Default() when nil.
	Logger *slog.Logger
}

// Validate names the field that is missing.
func (c Config) Validate() error {
	switch {
	case c.Store == nil:
		return errors.New("store: is required")
	case c.Moderation == nil:
		return errors.New("moderation: is required")
	case c.Audience == nil:
		return errors.New("audience: is required")
	case c.Bell == nil:
		return errors.New("bell: is required")
	case c.Absence < 0:
		return errors.New("absence: is negative")
	}
	for id, features := range c.Features {
		switch {
		case features.Anonymous && len(c.Secret) == 0:
			return fmt.Errorf("secret: is required, as %s has visitors", id)
		case features.Attachments && len(c.Secret) == 0:
			return fmt.Errorf("secret: is required, as %s has attachments", id)
		case features.Attachments && c.Blobs == nil:
			return fmt.Errorf("blobs: is required, as %s has attachments", id)
		}
	}
	if err := c.Retention.Validate(); err != nil {
		return fmt.Errorf("events.%w", err)
	}
	return nil
}

// Service is the ChatService.
type Service struct {
	// What the contract promises for later answers UNIMPLEMENTED.
	chatv1.UnimplementedChatServiceServer

	store      Store
	moderation moderationv1.ModerationServiceClient
	features   map[string]Features
	audience   audiencev1.AudienceServiceClient
	flood      floodGuard
	terms      *termsBook
	types      *conversationTypes
	unjudged   map[string]bool
	roles      map[string]map[string]auth.RoleKind
	presence   PresenceRegistry
	watchers   watchers[*chatv1.WatchPresenceResponse]
	typing     typingExchange
	names      *nameCache
	firstSight *firstSight
	bell       *outbox.Doorbell
	announced  *outbox.Doorbell
	absence    time.Duration
	retention  Retention
	now        func() time.Time
	logger     *slog.Logger

	presenceTiming PresenceTiming
	visitors       map[string]VisitorRules
	languages      map[string]Language
	visitorTokens  *auth.VisitorTokens
	mqttPasswords  *auth.MQTTPasswords
	addressKey     []byte

	attachments       map[string]AttachmentRules
	attachmentMetrics *attachmentMetrics
	blobs             Blobs
	linkKey           []byte
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s := &Service{
		store:          c.Store,
		moderation:     c.Moderation,
		audience:       c.Audience,
		features:       c.Features,
		visitors:       c.Visitors,
		languages:      c.Languages,
		mqttPasswords:  c.MQTTPasswords,
		terms:          newTermsBook(c.FloodLimits),
		types:          newConversationTypes(c.Store),
		unjudged:       c.Unjudged,
		roles:          c.Roles,
		presence:       c.Presence,
		presenceTiming: c.PresenceTiming.withDefaults(),
		typing:         newTypingExchange(c.Typing),
		bell:           c.Bell,
		announced:      cmp.Or(c.Announced, new(outbox.Doorbell)),
		absence:        cmp.Or(c.Absence, defaultAbsence),
		retention:      c.Retention.withDefaults(),
		attachments:    c.Attachments,
		blobs:          c.Blobs,
		now:            c.Now,
		logger:         c.Logger,
	}
	if s.now == nil {
		s.now = time.Now
	}
	// As precise as the databases keep it, so that what is answered is what is read again.
	clock := s.now
	s.now = func() time.Time { return clock().Truncate(time.Microsecond) }
	if s.logger == nil {
		s.logger = slog.Default()
	}
	s.flood = floodGuard{c.Flood, s.terms, c.Languages}
	if s.flood.limiter == nil {
		s.flood.limiter = flood.NewMemory(s.now)
	}
	if s.presence == nil {
		s.presence = presence.NewMemory(s.now)
	}
	s.attachmentMetrics = newAttachmentMetrics(c.Registerer)
	s.names = newNameCache(c.Audience, c.Store, s.now, s.logger)
	s.firstSight = newFirstSight(c.Audience, s.now, s.logger)
	if err := s.deriveKeys(c.Secret); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	return s, nil
}

// deriveKeys makes what visitors need of the deployment's secret. Without one, no application has visitors, and no key
// that anybody knows.
func (s *Service) deriveKeys(secret []byte) (err error) {
	if len(secret) == 0 {
		secret = []byte(rand.Text() + rand.Text())
	}
	if s.visitorTokens, err = auth.NewVisitorTokens(secret, s.now); err != nil {
		return err
	}
	if s.addressKey, err = auth.DeriveKey(secret, "visitor address"); err != nil {
		return err
	}
	s.linkKey, err = auth.DeriveKey(secret, "attachment link")
	return err
}

// visitorRules are an application's terms for visitors.
func (s *Service) visitorRules(applicationID string) VisitorRules {
	return s.visitors[applicationID].withDefaults()
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) { chatv1.RegisterChatServiceServer(r, s) }
