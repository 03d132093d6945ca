package valkey_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/palabre/palabre/internal/testenv/servers"
	"github.com/palabre/palabre/internal/valkey"
)

func TestAURLIsCheckedWithoutItsPasswordBeingSaid(t *testing.T) {
	for url, good := range map[string]bool{
		"redis://localhost":                true,
		"rediss://user:geheim@host:6380/2": true,
		"valkey://:geheim@host:6379":       true,
		"valkeys://host:6379":              true,
		"http://user:geheim@host":          false,
		"redis://user:geheim@host:port":    false,
		"redis://user:geheim@host/name":    false,
		"geheim":                           false,
	} {
		err := valkey.Config{URL: url}.Validate()
		if (err == nil) != good {
			t.Errorf("%s is answered %v", url, err)
		}
		if err != nil && (strings.Contains(err.Error(), "geheim") || !strings.HasPrefix(err.Error(), "url: ")) {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestThatTheServerIsAwayIsLoggedOnceAndCounted(t *testing.T) {
	server := servers.Valkey(t)
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	s, err := valkey.Open(valkey.Config{URL: server.URL, Timeout: 2 * time.Second}, slog.New(slog.NewTextHandler(&log, nil)), registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	script := redis.NewScript(`return 7`)
	ask := func() error { _, err := s.Run(t.Context(), script, nil); return err }

	if err := ask(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	for range 10 {
		if err := ask(); !errors.Is(err, valkey.ErrAway) {
			t.Fatalf("a server that was killed answers %v", err)
		}
	}
	server.Start()
	await(t, func() bool { return ask() == nil })

	text := log.String()
	if strings.Count(text, "is away") != 1 || strings.Count(text, "valkey is back") != 1 || strings.Contains(text, "redis://") {
		t.Errorf("the log is\n%s", text)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 2 {
		t.Fatalf("the metrics are %v, %v", families, err)
	}
	calls, up := families[0], families[1]
	if len(calls.GetMetric()) != 3 || up.GetMetric()[0].GetGauge().GetValue() != 1 {
		t.Errorf("counted is %v, and up is %v", calls, up)
	}
}

// await waits until something is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); {
		if time.Now().After(end) {
			t.Fatal("waited for in vain")
		}
	}
}
