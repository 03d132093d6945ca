package testenv

import (
	"context"
	"errors"
	"testing"

	"github.com/palabre/palabre/internal/app"
)

// Start runs Palabre in this process until the test ends, and waits until it is ready.
func Start(t testing.TB, c app.Config) *Env {
	t.Helper()
	a := run(t, c)
	addr := a.Addresses()
	env := &Env{Password: func(_ testing.TB, _, token string) string { return token }}
	if addr.HTTP != nil {
		env.REST = "http://" + addr.HTTP.String()
	}
	if addr.GRPC != nil {
		env.GRPC = addr.GRPC.String()
	}
	if addr.MQTT != nil {
		env.MQTT, env.ConversationTopics = "tcp://"+addr.MQTT.String(), true
	}
	return env
}

func run(t testing.TB, c app.Config) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- a.Run(ctx, func() error { close(ready); return nil }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the app ended with %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the app ended before it was ready: %v", err)
	}
	return a
}
