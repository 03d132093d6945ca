package moderation

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/outbox"
)

// Config is what a Service is made of.
type Config struct {
	// Rules are those of each application, by its id. The contents of one that is not in it are approved unread.
	Rules map[string]*moderationv1.Rules
	// Store keeps the review queue.
	Store Store
	// Bell is rung when a decision was made, also by another process where that can be told.
	Bell *outbox.Doorbell
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger hears of rules that have no effect; slog.Default() when nil.
	Logger *slog.Logger
}

// Validate names the field that is missing, or out of the bounds of its proto file.
func (c Config) Validate() error {
	switch {
	case c.Store == nil:
		return errors.New("store: is required")
	case c.Bell == nil:
		return errors.New("bell: is required")
	}
	for _, application := range slices.Sorted(maps.Keys(c.Rules)) {
		if err := protovalidate.Validate(c.Rules[application]); err != nil {
			return fmt.Errorf("rules.%s.%w", application, firstViolation(err))
		}
	}
	return nil
}

// firstViolation answers the first thing that is wrong with a message.
func firstViolation(err error) error {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	first := invalid.Violations[0].Proto
	return fmt.Errorf("%s: %s", protovalidate.FieldPathString(first.GetField()), first.GetMessage())
}

// Service is the ModerationService.
type Service struct {
	// What the contract promises for later answers UNIMPLEMENTED.
	moderationv1.UnimplementedModerationServiceServer

	// rules holds a *ruleSet for each application id. A set never changes; another takes its place.
	rules  sync.Map
	store  Store
	bell   *outbox.Doorbell
	now    func() time.Time
	logger *slog.Logger
}

// New makes a Service.
func New(c Config) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("moderation: %w", err)
	}
	s := &Service{store: c.Store, bell: c.Bell, now: c.Now, logger: c.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	for application, rules := range c.Rules {
		s.SetRules(application, rules)
	}
	return s, nil
}

// Register serves the Service on a registrar.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	moderationv1.RegisterModerationServiceServer(r, s)
}

// SetRules replaces the rules of an application. A content being judged is judged by the rules of before.
func (s *Service) SetRules(applicationID string, rules *moderationv1.Rules) {
	set := newRuleSet(rules)
	if idle := set.idle(); idle > 0 {
		s.logger.Warn("bad words without a letter or digit are never found",
			slog.String("application", applicationID), slog.Int("count", idle))
	}
	s.rules.Store(applicationID, set)
}

// rulesOf answers the rules of an application.
func (s *Service) rulesOf(applicationID string) *ruleSet {
	if set, ok := s.rules.Load(applicationID); ok {
		return set.(*ruleSet)
	}
	return newRuleSet(nil)
}
