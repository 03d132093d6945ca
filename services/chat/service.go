package chat

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/outbox"
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
	// Bell is rung by the Store when events were committed.
	Bell *outbox.Doorbell
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
	}
	return nil
}

// Service is the ChatService.
type Service struct {
	// What the contract promises for later answers UNIMPLEMENTED.
	chatv1.UnimplementedChatServiceServer

	store      Store
	moderation moderationv1.ModerationServiceClient
	audience   audiencev1.AudienceServiceClient
	features   map[string]Features
	names      *nameCache
	bell       *outbox.Doorbell
	now        func() time.Time
	logger     *slog.Logger
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	s := &Service{
		store:      c.Store,
		moderation: c.Moderation,
		audience:   c.Audience,
		features:   c.Features,
		bell:       c.Bell,
		now:        c.Now,
		logger:     c.Logger,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	s.names = newNameCache(c.Audience, s.now, s.logger)
	return s, nil
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) { chatv1.RegisterChatServiceServer(r, s) }
