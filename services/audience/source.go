package audience

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Source is a database of the host product, which an application's directory is read from. Nothing is ever written there.
type Source struct {
	// Open opens the database. It need not be reachable.
	Open func() (*sql.DB, error)
	// Query answers all users of the application, each in one row: columns called user_id, name, role, entity_id and
	// entity_name, in any order; all but user_id may be left out.
	Query string
	// Every is how long to wait from one reading to the next; 15 minutes when zero.
	Every time.Duration
}

const (
	// defaultEvery is how old a directory gets when nobody said.
	defaultEvery = 15 * time.Minute
	// sourceTime bounds one reading: the host's database keeps a transaction open meanwhile.
	sourceTime = 10 * time.Minute
)

// Validate names the field that cannot be used.
func (s Source) Validate() error {
	switch {
	case s.Open == nil:
		return errors.New("url: is missing")
	case s.Query == "":
		return errors.New("query: is missing")
	case s.Every < 0:
		return errors.New("every: is negative")
	}
	return nil
}

// Run reads the directories that have a Source, at once and then whenever they have grown old, until the context ends.
// Several processes may do so at the same time: they find the same.
func (s *Service) Run(ctx context.Context) error {
	var reading sync.WaitGroup
	for applicationID, source := range s.sources {
		reading.Go(func() { s.keepFresh(ctx, applicationID, source) })
	}
	reading.Wait()
	return nil
}

// keepFresh reads a directory again and again. Why it could not be read is logged, and what is in it stays.
func (s *Service) keepFresh(ctx context.Context, applicationID string, source Source) {
	every := source.Every
	if every == 0 {
		every = defaultEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if _, err := s.RefreshDirectory(ctx, applicationID); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "the directory could not be read from its source, and stays as it is",
				slog.String("application", applicationID), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// RefreshDirectory reads an application's directory from its Source now.
func (s *Service) RefreshDirectory(ctx context.Context, applicationID string) (Refreshed, error) {
	source, ok := s.sources[applicationID]
	if !ok {
		return Refreshed{}, fmt.Errorf("applications.%s.directory: is not configured", applicationID)
	}
	ctx, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	refresh := newRefresh(s.store, applicationID)
	if err := source.read(ctx, refresh.take); err != nil {
		return refresh.done, err
	}
	if err := refresh.finish(ctx); err != nil {
		return refresh.done, err
	}
	s.logger.InfoContext(ctx, "the directory was read from its source",
		slog.String("application", applicationID), slog.Any("users", refresh.done))
	return refresh.done, nil
}
