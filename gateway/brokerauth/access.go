package brokerauth

import (
	"context"
	"slices"
	"strings"

	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// access decides what a client may do with topics. application, unless it is empty, is the one whose people there are.
func (h *Handler) access(ctx context.Context, q question, application string) verdict {
	v := verdict{outcome: granted, uses: make([]bool, len(q.uses))}
	if q.username == h.config.Gateway.Username {
		for i, u := range q.uses {
			v.uses[i] = h.gatewayMay(u)
		}
		return v.settle()
	}
	client, application, outcome := h.clientOf(ctx, q, application)
	if outcome != granted {
		v.outcome = outcome
		return v
	}
	known := true
	isMember := func(conversationID string) bool {
		in, err := h.config.Membership.MayAccess(ctx, application, client.Subject, conversationID)
		known = known && err == nil
		return in && err == nil
	}
	for i, u := range q.uses {
		v.uses[i] = may(client, u, isMember)
	}
	if !known {
		return verdict{outcome: unknown}
	}
	return v.settle()
}

// settle is refused unless every use is granted.
func (v verdict) settle() verdict {
	if slices.Contains(v.uses, false) {
		v.outcome = refused
	}
	return v
}

// may is the list of gateway/mqtt/access, within what brokers of others cannot know: QoS 1, and nothing retained.
func may(c access.Client, u use, isMember func(string) bool) bool {
	switch u.action {
	case publish:
		t, err := topic.Parse(u.topic)
		return err == nil && c.MayPublish(t) && u.qos <= 1 && !u.retain
	case subscribe, receive:
		return c.MayRead(u.topic, isMember, nil)
	case unsubscribe:
		return true
	}
	return false
}

// gatewayMay lets the gateway do everything under the prefixes of the applications. It shares subscriptions with others of its
// kind, and clears what was retained.
func (h *Handler) gatewayMay(u use) bool {
	name := u.topic
	if shared, ok := strings.CutPrefix(name, "$share/"); ok && u.action != publish {
		_, name, _ = strings.Cut(shared, "/")
	}
	prefix, _, below := strings.Cut(name, "/")
	for _, ours := range h.config.Prefixes {
		if below && prefix == ours {
			return true
		}
	}
	return false
}

// clientOf answers who asks, and of which application they are. A token says both; else the broker, the address that it asks
// at, or that there is only one. All of them that speak have to say the same.
func (h *Handler) clientOf(ctx context.Context, q question, pinned string) (access.Client, string, outcome) {
	if q.password != "" {
		v := h.prove(ctx, q, pinned)
		return v.client, v.application, v.outcome
	}
	application := pinned
	switch {
	case q.told && pinned != "" && pinned != q.application:
		return access.Client{}, "", refused
	case q.told:
		application = q.application
	case pinned == "":
		application = h.onlyApplication(ctx)
	}
	prefix, served := h.config.Prefixes[application]
	if !served || !validSubject(q.username) {
		return access.Client{}, "", refused
	}
	return access.Client{Prefix: prefix, Subject: q.username, Moderator: q.moderator}, application, granted
}

// onlyApplication is the application where there is one, and empty where there are several.
func (h *Handler) onlyApplication(ctx context.Context) string {
	if len(h.config.Prefixes) > 1 {
		h.metrics.ambiguous.Inc()
		h.explain.Do(func() {
			h.config.Logger.WarnContext(ctx, "there are several applications, and the broker does not tell of which a client is, so nothing is granted: let it ask at /mqtt/acl?application=…")
		})
		return ""
	}
	for application := range h.config.Prefixes {
		return application
	}
	return ""
}

// validSubject says whether a name can be that of a user or a visitor.
func validSubject(name string) bool {
	id, visitor := strings.CutPrefix(name, auth.AnonymousPrefix)
	return visitor && id != "" && topic.ValidID(name) || auth.ValidUserID(name)
}
