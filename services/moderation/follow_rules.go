package moderation

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// followRules puts into force what other processes set, when the bell rings and at least every so often. Rules that cannot be
// had now, or not be judged by, leave those in force that are.
func (s *Service) followRules(ctx context.Context) {
	ticker := time.NewTicker(s.poll)
	defer ticker.Stop()
	told := ""
	for {
		rung := s.bell.Next()
		told = s.tellOnce(ctx, s.ReadRules(ctx), told)
		select {
		case <-ctx.Done():
			return
		case <-rung:
		case <-ticker.C:
		}
	}
}

// tellOnce logs an error that is another than the one before, and answers its text.
func (s *Service) tellOnce(ctx context.Context, err error, told string) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if text := err.Error(); text != told {
		s.logger.ErrorContext(ctx, "moderation goes on by the rules of before", slog.Any("error", err))
		return text
	}
	return told
}

// ReadRules puts into force what is later than that which is. An application that is not configured has nobody who writes.
func (s *Service) ReadRules(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	latest, err := s.store.LatestRules(ctx)
	if err != nil {
		return err
	}
	var failed error
	for application, set := range s.book.inOrder() {
		if latest[application] <= set.version() {
			continue
		}
		if err := s.readRulesOf(ctx, application, latest[application]); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// readRulesOf puts a version into force. It was looked through when it was set; but perhaps by a later Palabre, whose rules this
// one does not know.
func (s *Service) readRulesOf(ctx context.Context, application string, version int64) error {
	rules, err := s.store.GetRules(ctx, application, version)
	if err != nil {
		return err
	}
	set, wrong := compile(rules)
	if v, ok := wrong.harmful(); ok {
		return fmt.Errorf("version %d of the rules of %s: %s: %s", version, application, v.field, v.description)
	}
	s.book.put(application, set)
	s.logger.InfoContext(ctx, "other moderation rules are in force", slog.String("application", application), slog.Int64("version", version))
	return nil
}
