package brokerauth

import (
	"context"
	"errors"
	"slices"

	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/internal/auth"
)

// connect decides whether a client may connect. application, unless it is empty, is the only one whose people may.
func (h *Handler) connect(ctx context.Context, q question, application string) verdict {
	if q.username == h.config.Gateway.Username {
		return h.connectGateway(q)
	}
	v := h.prove(ctx, q, application)
	if v.granted() && h.config.OnConnect != nil {
		h.config.OnConnect(ctx, v.principal)
	}
	return v
}

// prove says whether the password is a token of the username.
func (h *Handler) prove(ctx context.Context, q question, application string) verdict {
	who := q.key()
	if h.clients.tooMany(who) {
		return verdict{outcome: limited}
	}
	p, outcome := h.identify(ctx, q)
	if outcome != granted {
		if outcome == refused {
			h.clients.note(who)
		}
		return verdict{outcome: outcome}
	}
	client, refusal := access.Admit(p, q.username, h.config.Prefixes, h.config.Now())
	if refusal != "" || application != "" && application != p.ApplicationID {
		h.clients.note(who)
		return verdict{outcome: refused}
	}
	return verdict{outcome: granted, client: client, application: p.ApplicationID, principal: p}
}

// connectGateway lets in whoever knows the gateway's password. Nobody else has its name, whatever their token.
func (h *Handler) connectGateway(q question) verdict {
	if equal(q.password, h.config.Gateway.Password) != 1 {
		if h.clients.note(q.key()) { // not a line for each guess
			h.config.Logger.Warn("somebody tries to connect as the gateway", "client_id", q.clientID)
		}
		return verdict{outcome: refused}
	}
	v := verdict{outcome: granted, gateway: true}
	for _, prefix := range h.config.Prefixes {
		v.prefixes = append(v.prefixes, prefix)
	}
	slices.Sort(v.prefixes)
	return v
}

// identify answers whom a password was issued to.
func (h *Handler) identify(ctx context.Context, q question) (auth.Principal, outcome) {
	if q.username == "" || q.password == "" {
		return auth.Principal{}, refused
	}
	p, err := h.config.Authenticator.Token(ctx, q.password)
	switch {
	case err == nil:
		return p, granted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, auth.ErrKeysUnavailable), ctx.Err() != nil:
		h.config.Logger.WarnContext(ctx, "nothing can be found out about a token, refused", "error", err)
		return auth.Principal{}, unknown
	}
	return auth.Principal{}, refused
}

// key is under what failures to connect are counted: a username as tried from one address, so that nobody is shut out by what
// others do, at home or behind the address that a mobile network gives to thousands. Brokers that do not tell addresses tell
// the client id, which the same device has each time.
func (q question) key() string {
	if q.address != "" {
		return q.address + "|" + q.username
	}
	return q.clientID + "|" + q.username
}
