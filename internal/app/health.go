package app

import (
	"context"
	"time"
)

// databaseCheck is how often the database is asked whether it is there, and databaseAnswer how long the answer may take:
// together what it takes until health says so.
const databaseCheck, databaseAnswer = time.Second, 2 * time.Second

// watchDatabase says in health, until the context ends, whether the services on the database can do their work. So a
// gateway in another process is ready when what it leads to is.
func (a *App) watchDatabase(ctx context.Context) error {
	ticker := time.NewTicker(databaseCheck)
	defer ticker.Stop()
	for reachable := true; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := a.pingDatabase(ctx)
		if ctx.Err() != nil || reachable == (err == nil) {
			continue
		}
		reachable = err == nil
		a.setServing(reachable)
		if reachable {
			a.logger.InfoContext(ctx, "the database answers again")
		} else {
			a.logger.ErrorContext(ctx, "the database does not answer", "error", err)
		}
	}
}

func (a *App) pingDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, databaseAnswer)
	defer cancel()
	return a.db.Ping(ctx)
}

// setServing says in health whether the services serve: each has data.
func (a *App) setServing(serving bool) {
	for _, role := range []Role{RoleChat, RoleAudience, RoleModeration} {
		if a.config.runs(role) {
			a.server.SetServing(serviceNames[role], serving)
		}
	}
}
