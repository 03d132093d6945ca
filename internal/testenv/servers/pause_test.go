package servers_test

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAPausedServerKeepsItsConnectionsAndSaysNothing(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			server := engine.start(t)
			db := open(t, server.Database(t))
			mustExec(t, db, "CREATE TABLE note (text VARCHAR(20))")
			mustExec(t, db, "INSERT INTO note VALUES ('bonjour')")

			server.Pause()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := db.ExecContext(ctx, "INSERT INTO note VALUES ('personne')"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a paused server answers %v, want nothing", err)
			}
			server.Resume()
			wantNote(t, db, "bonjour")
		})
	}
}
