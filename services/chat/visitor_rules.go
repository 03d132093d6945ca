package chat

import (
	"errors"
	"time"
)

// VisitorRules are an application's terms for visitors. Each zero has a default.
type VisitorRules struct {
	// RequireName and RequireEmail refuse those who do not say who they are.
	RequireName  bool `yaml:"require_name"`
	RequireEmail bool `yaml:"require_email"`
	// RequireKnownRecipient refuses conversations with, and transfers to, users whom the directory does not know.
	RequireKnownRecipient bool `yaml:"require_known_recipient"`
	// DeviceLimit and AddressLimit are how many conversations may be started from one device, and from one address, within
	// LimitWindow: 10, 60 and an hour. A limit below 0 is none.
	DeviceLimit  int           `yaml:"device_limit"`
	AddressLimit int           `yaml:"address_limit"`
	LimitWindow  time.Duration `yaml:"limit_window"`
	// TokenLifetime is how long a visitor may stay away and come back: 30 days.
	TokenLifetime time.Duration `yaml:"token_lifetime"`
}

// Validate names the key that cannot be.
func (r VisitorRules) Validate() error {
	switch {
	case r.LimitWindow < 0:
		return errors.New("limit_window: is negative")
	case r.TokenLifetime < 0:
		return errors.New("token_lifetime: is negative")
	}
	return nil
}

func (r VisitorRules) withDefaults() VisitorRules {
	setDefault(&r.DeviceLimit, 10)
	setDefault(&r.AddressLimit, 60)
	setDefault(&r.LimitWindow, time.Hour)
	setDefault(&r.TokenLifetime, 30*24*time.Hour)
	return r
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
