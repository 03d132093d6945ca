package audience

import (
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/grpc"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// Config is what a Service is made of.
type Config struct {
	// Store keeps the directory.
	Store Store
	// Logger hears of changes of the directory; slog.Default() when nil.
	Logger *slog.Logger
}

// Validate names the field that is missing.
func (c Config) Validate() error {
	if c.Store == nil {
		return errors.New("store: is required")
	}
	return nil
}

// Service is the AudienceService.
type Service struct {
	// What the contract promises for later answers UNIMPLEMENTED.
	audiencev1.UnimplementedAudienceServiceServer

	store  Store
	logger *slog.Logger
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("audience: %w", err)
	}
	s := &Service{store: c.Store, logger: c.Logger}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	return s, nil
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) { audiencev1.RegisterAudienceServiceServer(r, s) }
