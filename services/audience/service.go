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
	// Store keeps the directory and the audiences.
	Store Store
	// Roles is what role ids are to people, by application.
	Roles map[string]Roles
	// Silent are the applications that have announcements switched off.
	Silent map[string]bool
	// Sources are where directories are read from besides what back ends tell, by application.
	Sources map[string]Source
	// Logger hears of changes of the directory; slog.Default() when nil.
	Logger *slog.Logger
}

// Validate names the field that is missing or cannot be.
func (c Config) Validate() error {
	if c.Store == nil {
		return errors.New("store: is required")
	}
	for id, source := range c.Sources {
		if err := source.Validate(); err != nil {
			return fmt.Errorf("sources.%s.%w", id, err)
		}
	}
	return nil
}

// Service is the AudienceService.
type Service struct {
	// What a later contract adds answers UNIMPLEMENTED.
	audiencev1.UnimplementedAudienceServiceServer

	store   Store
	roles   map[string]Roles
	silent  map[string]bool
	sources map[string]Source
	logger  *slog.Logger
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("audience: %w", err)
	}
	s := &Service{store: c.Store, roles: c.Roles, silent: c.Silent, sources: c.Sources, logger: c.Logger}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	return s, nil
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) { audiencev1.RegisterAudienceServiceServer(r, s) }
