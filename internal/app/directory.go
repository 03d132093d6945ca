package app

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/services/audience"
)

// Directory is a database of the host product that an application's directory is read from.
type Directory struct {
	// URL is postgres://… or mysql://… (MariaDB too). There is no such database when it is empty.
	URL string `yaml:"url"`
	// Query answers the users: user_id, and name, role, entity_id and entity_name as far as there are any.
	Query string `yaml:"query"`
	// Every is how long to wait from one reading to the next; 15 minutes when zero.
	Every time.Duration `yaml:"every"`
}

// shortestEvery keeps readings from following one another without a pause.
const shortestEvery = time.Second

func (d Directory) validate() error {
	if d == (Directory{}) {
		return nil
	}
	if d.URL == "" {
		return errors.New("url: is missing")
	}
	if err := d.database().ValidateHost(); err != nil {
		return err
	}
	if d.Query == "" {
		return errors.New("query: is missing")
	}
	if d.Every != 0 && d.Every < shortestEvery {
		return fmt.Errorf("every: %v is less than %v", d.Every, shortestEvery)
	}
	return nil
}

func (d Directory) database() database.Config { return database.Config{URL: d.URL} }

// sources answers where directories are read from, by application.
func (c *Config) sources() map[string]audience.Source {
	sources := map[string]audience.Source{}
	for id, a := range c.Applications {
		if a.Directory.URL == "" {
			continue
		}
		sources[id] = audience.Source{
			Open:  func() (*sql.DB, error) { return database.OpenHost(a.Directory.database()) },
			Query: a.Directory.Query,
			Every: a.Directory.Every,
		}
	}
	return sources
}

// audienceRoles answers what role ids are to people, by application.
func (c *Config) audienceRoles() map[string]audience.Roles {
	roles := map[string]audience.Roles{}
	for id, a := range c.Applications {
		roles[id] = audience.Roles{Kinds: a.Roles, Names: a.RoleNames}
	}
	return roles
}

// silent are the applications that have announcements switched off.
func (c *Config) silent() map[string]bool {
	silent := map[string]bool{}
	for id, a := range c.Applications {
		silent[id] = !a.Features.Announcements
	}
	return silent
}
