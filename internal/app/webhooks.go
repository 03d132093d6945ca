package app

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"

	"github.com/palabre/palabre/gateway/webhook"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Webhook is an address of the host that is told of events.
type Webhook struct {
	// URL is https://…, or http://… on this machine and where Insecure.
	URL string `yaml:"url"`
	// Secret signs what is posted: whsec_ and base64, or any other text.
	Secret string `yaml:"secret"`
	// PreviousSecret signs it too, while the receiver changes from one to the other.
	PreviousSecret string `yaml:"previous_secret"`
	// Events are the kinds it is told of, such as message.created; all when empty.
	Events []string `yaml:"events"`
}

func (w Webhook) endpoint() webhook.Endpoint {
	return webhook.Endpoint{URL: w.URL, Secret: w.Secret, PreviousSecret: w.PreviousSecret, Events: w.Events}
}

func (a Application) webhooks() []webhook.Endpoint {
	var all []webhook.Endpoint
	for _, w := range a.Webhooks {
		all = append(all, w.endpoint())
	}
	return all
}

// webhooks are those of all applications, by their ids.
func (c *Config) webhooks() map[string][]webhook.Endpoint {
	all := map[string][]webhook.Endpoint{}
	for id, a := range c.Applications {
		if len(a.Webhooks) > 0 {
			all[id] = a.webhooks()
		}
	}
	return all
}

// secureWebhooks refuses to post what people write where others on the network can read it.
func (c *Config) secureWebhooks() error {
	for _, id := range slices.Sorted(maps.Keys(c.Applications)) {
		for i, w := range c.Applications[id].Webhooks {
			u, err := url.Parse(w.URL)
			if err == nil && u.Scheme == "http" && !onLoopback(net.JoinHostPort(u.Hostname(), "80")) {
				return fmt.Errorf("applications.%s.webhooks[%d].url: messages would go over the network without TLS: use https, an address of this machine, or allow it with --insecure", id, i)
			}
		}
	}
	return nil
}

// openWebhooks makes the gateway to webhooks, if there are any.
func (a *App) openWebhooks(context.Context) error {
	if !a.config.postsToWebhooks() {
		return nil
	}
	conn, err := a.reach(RoleChat, "webhook")
	if err != nil {
		return err
	}
	a.webhooks, err = webhook.New(webhook.Config{
		Endpoints:  a.config.webhooks(),
		Chat:       chatv1.NewChatServiceClient(conn),
		Version:    Version(),
		Logger:     a.logger,
		Registerer: a.metrics,
	})
	return err
}

// postsToWebhooks says whether this process is among those that share the webhooks.
func (c *Config) postsToWebhooks() bool { return c.runs(RoleHTTP) && len(c.webhooks()) > 0 }
