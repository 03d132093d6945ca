package moderation

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/outbox"
)

// Config is what a Service is made of.
type Config struct {
	// Store keeps the rules that are set at run time, the review queue, and what is counted.
	Store Store
	// Rules are those of each application, by its id, until others are set. The contents of one that is not in it are approved
	// unread.
	Rules map[string]*moderationv1.Rules
	// External are what the contents of applications are shown to that their rules let pass.
	External map[string]ExternalCheck
	// Bell is rung when rules were set or a decision was made, also by another process where that can be told; without it what
	// others did is found when it is looked for.
	Bell *outbox.Doorbell
	// Poll is how long rules that another process set may go unnoticed; 1 s when zero.
	Poll time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Retention is how long what was decided is kept.
	Retention Retention
	// Registerer is told the metrics; nobody when nil.
	Registerer prometheus.Registerer
	// Logger hears of rules that have no effect; slog.Default() when nil.
	Logger *slog.Logger
}

// Validate names the field that is missing or out of bounds.
func (c Config) Validate() error {
	if c.Store == nil {
		return errors.New("store: is required")
	}
	if err := c.Retention.Validate(); err != nil {
		return err
	}
	for _, application := range slices.Sorted(maps.Keys(c.Rules)) {
		if err := protovalidate.Validate(c.Rules[application]); err != nil {
			return fmt.Errorf("rules.%s.%w", application, firstViolation(err))
		}
	}
	for _, application := range slices.Sorted(maps.Keys(c.External)) {
		if err := c.External[application].Validate(); err != nil {
			return fmt.Errorf("external.%s.%w", application, err)
		}
	}
	return nil
}

// Service is the ModerationService.
type Service struct {
	// What the contract promises for later answers UNIMPLEMENTED.
	moderationv1.UnimplementedModerationServiceServer

	store Store
	// configured are the rules of the configuration, which are in force until others are set.
	configured map[string]*moderationv1.Rules
	external   map[string]ExternalCheck
	// breakers are those of external, by application.
	breakers  map[string]*breaker
	metrics   *metrics
	book      ruleBook
	tally     tally
	bell      *outbox.Doorbell
	poll      time.Duration
	retention Retention
	now       func() time.Time
	logger    *slog.Logger
}

// New makes a Service with the rules of the configuration. Before it serves, ReadRules puts those into force that were set since.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("moderation: %w", err)
	}
	s := &Service{
		store:      c.Store,
		configured: c.Rules,
		external:   c.External,
		breakers:   map[string]*breaker{},
		bell:       cmp.Or(c.Bell, new(outbox.Doorbell)),
		poll:       cmp.Or(c.Poll, time.Second),
		retention:  c.Retention.withDefaults(),
		now:        c.Now,
		logger:     cmp.Or(c.Logger, slog.Default()),
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.metrics, err = newMetrics(c.Registerer); err != nil {
		return nil, fmt.Errorf("moderation: metrics: %w", err)
	}
	for application := range c.External {
		s.breakers[application] = new(breaker)
		s.metrics.open.WithLabelValues(application).Set(0)
	}
	for _, application := range slices.Sorted(maps.Keys(c.Rules)) {
		if err := s.configure(application); err != nil {
			return nil, fmt.Errorf("moderation: rules.%s.%w", application, err)
		}
	}
	return s, nil
}

// configure puts the rules of the configuration into force. Unlike those that are set at run time, they may have entries that
// can never be found: they always could.
func (s *Service) configure(application string) error {
	set, wrong := compile(s.configured[application])
	if v, ok := wrong.harmful(); ok {
		return fmt.Errorf("%s: %s", v.field, v.description)
	}
	if len(wrong) > 0 {
		s.logger.Warn("words of the moderation rules are never found",
			slog.String("application", application), slog.Int("count", len(wrong)),
			slog.String("first", wrong[0].field), slog.String("why", wrong[0].description))
	}
	s.book.put(application, set)
	return nil
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	moderationv1.RegisterModerationServiceServer(r, s)
}
