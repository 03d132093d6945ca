package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	"github.com/palabre/palabre/gateway/webhook"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/valkey"
)

// checkTime is how long Check waits for each of the parts to be reached.
const checkTime = 5 * time.Second

// CheckResult says whether one part is there.
type CheckResult struct {
	Name string
	Err  error
	// Spared says that Palabre goes on without it: what it should be told is kept.
	Spared bool
}

// Check says whether what a configuration names can be reached: the database, the other processes, the broker. It changes
// nothing, and disturbs no server that runs with the same configuration. Its error says what the configuration itself
// has wrong.
func Check(ctx context.Context, c Config) ([]CheckResult, error) {
	if _, err := c.complete(); err != nil {
		return nil, err
	}
	results := []CheckResult{{Name: "configuration"}}
	try := func(name string, reach func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, checkTime)
		defer cancel()
		results = append(results, CheckResult{Name: name, Err: reach(ctx)})
	}
	if c.runsService() {
		try("database", c.reachDatabase)
	}
	if c.usesValkey() {
		try("valkey", c.reachValkey)
	}
	for _, role := range c.dialled() {
		try("services."+string(role), func(ctx context.Context) error { return c.reachService(ctx, role) })
	}
	if c.runs(RoleMQTT) && c.Broker.URL != "" {
		try("broker", func(ctx context.Context) error { return mqttgw.Probe(ctx, c.brokerLink()) })
	}
	if c.postsToWebhooks() {
		before := len(results)
		for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
			for i, e := range c.Applications[id].webhooks() {
				try(fmt.Sprintf("applications.%s.webhooks[%d]", id, i), func(ctx context.Context) error { return webhook.Probe(ctx, e) })
			}
		}
		for i := range results[before:] {
			results[before+i].Spared = true
		}
	}
	return results, nil
}

func (c *Config) reachDatabase(ctx context.Context) error {
	db, err := OpenDatabase(ctx, *c)
	if err != nil {
		return err
	}
	defer db.Close()
	steps, err := db.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if step.AppliedAt.IsZero() {
			return fmt.Errorf("%s is not applied: `palabre migrate up`, or the next start, does it", step.Name)
		}
	}
	return nil
}

func (c *Config) reachValkey(ctx context.Context) error {
	server, err := valkey.Open(c.Valkey, c.logger(), nil)
	if err != nil {
		return err
	}
	defer server.Close()
	return server.Ping(ctx)
}

func (c *Config) reachService(ctx context.Context, role Role) error {
	conn, err := c.dial(role, "check")
	if err != nil {
		return err
	}
	defer conn.Close()
	return serving(ctx, conn, role)
}

// dial connects to a role that another process runs.
func (c *Config) dial(role Role, component string) (*grpc.ClientConn, error) {
	tls, err := c.GRPC.TLS.client()
	if err != nil {
		return nil, fmt.Errorf("config: grpc.tls.%w", err)
	}
	return rpc.Dial(c.Services[role], rpc.DialConfig{Component: component, PeerSecret: []byte(c.PeerSecret), TLS: tls})
}
