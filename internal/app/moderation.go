package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/palabre/palabre/services/moderation"
	"github.com/palabre/palabre/services/moderation/entstore"
	"github.com/palabre/palabre/services/moderation/external"
)

// ExternalCheck is what an application's contents are shown to that its rules let pass.
type ExternalCheck struct {
	// URL is https://…, http://…, grpcs://host:port or grpc://host:port. There is no such check when it is empty.
	URL string `yaml:"url"`
	// Secret signs what is asked.
	Secret string `yaml:"secret"`
	// Timeout is how long it has to answer; 1 s when zero.
	Timeout time.Duration `yaml:"timeout"`
	// OnFailure is approve, which it is when empty, or hold.
	OnFailure string `yaml:"on_failure"`
}

func (e ExternalCheck) config() external.Config { return external.Config{URL: e.URL, Secret: e.Secret} }

// check is what the moderation service is given of it.
func (e ExternalCheck) check(classifier moderation.Classifier) moderation.ExternalCheck {
	return moderation.ExternalCheck{Classifier: classifier, Timeout: e.Timeout, OnFailure: moderation.OnFailure(e.OnFailure)}
}

func (e ExternalCheck) validate() error {
	if e == (ExternalCheck{}) {
		return nil
	}
	if e.URL == "" {
		return errors.New("url: is missing")
	}
	client, err := external.New(e.config())
	if err != nil {
		return e.config().Validate()
	}
	defer func() { _ = client.Close() }() // It was never used.
	return e.check(client).Validate()
}

// validateModeration names the key of the rules, or of the external check, that cannot be.
func (a Application) validateModeration() error {
	if w := a.SpamRules.RepeatWindow; w != 0 && !isWholeSeconds(w, 24*time.Hour) {
		return fmt.Errorf("spam_rules.repeat_window: %v is not a number of whole seconds, such as 60s, up to 24h", w)
	}
	for i, r := range a.Rules {
		if n := r.NewcomerLinks; n != nil && !isWholeSeconds(n.MinimumAge, math.MaxInt64) {
			return fmt.Errorf("rules[%d].newcomer_links.minimum_age: %v is not a number of whole seconds, such as 24h", i, n.MinimumAge)
		}
	}
	rules, err := a.rules()
	if err != nil {
		return err
	}
	if err := moderation.CheckRules(rules); err != nil {
		return err
	}
	if err := a.ExternalCheck.validate(); err != nil {
		return fmt.Errorf("external_check.%w", err)
	}
	return nil
}

func isWholeSeconds(d, longest time.Duration) bool {
	return d >= time.Second && d <= longest && d%time.Second == 0
}

// openModeration makes the moderation service.
func (a *App) openModeration(ctx context.Context) error {
	rules, err := a.config.rules()
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	checks, err := a.externalChecks()
	if err != nil {
		return err
	}
	service, err := moderation.New(moderation.Config{
		Store:    entstore.New(entstore.Config{Database: a.db}),
		Rules:    rules,
		External: checks,
		Bell:     a.doorbell("palabre_moderation"),
		Logger:   a.logger,

		Retention:  a.config.Moderation,
		Registerer: a.metrics,
	})
	if err != nil {
		return err
	}
	if err := service.ReadRules(ctx); err != nil {
		return fmt.Errorf("moderation: %w", err)
	}
	service.Register(a.server)
	a.work = append(a.work, service.Run)
	return nil
}

// externalChecks answers what contents are shown to, by application.
func (a *App) externalChecks() (map[string]moderation.ExternalCheck, error) {
	checks := map[string]moderation.ExternalCheck{}
	for id, application := range a.config.Applications {
		e := application.ExternalCheck
		if e.URL == "" {
			continue
		}
		client, err := external.New(e.config())
		if err != nil {
			return nil, fmt.Errorf("applications.%s.external_check: %w", id, err)
		}
		a.onClose(func(context.Context) error { return client.Close() })
		checks[id] = e.check(client)
	}
	return checks, nil
}
