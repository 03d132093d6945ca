package access

import (
	"strings"
	"time"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// Client is one who has proven who they are, as far as topics are concerned.
type Client struct {
	// Prefix is the first level of their application's topics.
	Prefix string
	// Subject is their id in topics: a user's id, or "anon:" and that of a visitor.
	Subject string
	// Moderator says that they read the verdicts of moderation.
	Moderator bool
	// ConversationID is the one conversation that a visitor's token opens. Empty for others, and where the token was not
	// seen: a visitor's membership says the same.
	ConversationID string
}

// Refusal says why somebody is not let in, in one word for metrics. The empty one is none.
type Refusal string

// The refusals of Admit.
const (
	// RefusedPrincipal is for those who are no person of an application that is served.
	RefusedPrincipal Refusal = "principal"
	// RefusedUsername is for a username that is not the one of the token.
	RefusedUsername Refusal = "username"
	// RefusedExpired is for a token that is over.
	RefusedExpired Refusal = "token_expired"
)

// Admit says whether the bearer of a token may connect under a username, and as whom. prefixes are those of the
// applications that are served, by their ids.
func Admit(p auth.Principal, username string, prefixes map[string]string, now time.Time) (Client, Refusal) {
	prefix, served := prefixes[p.ApplicationID]
	person := p.Kind == auth.KindUser || p.Kind == auth.KindVisitor
	subject := p.Subject()
	switch {
	case !served || !person || !topic.ValidID(subject):
		return Client{}, RefusedPrincipal
	case subject != username:
		return Client{}, RefusedUsername
	case !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(now):
		return Client{}, RefusedExpired
	}
	return Client{Prefix: prefix, Subject: subject, Moderator: p.IsAdmin(), ConversationID: p.ConversationID}, ""
}

// Visitor says that the client has no account.
func (c Client) Visitor() bool { return strings.HasPrefix(c.Subject, auth.AnonymousPrefix) }

// Owns reports whether t is an uplink or downlink of the client's own.
func (c Client) Owns(t topic.Topic) bool {
	return t.Prefix == c.Prefix && t.Kind.OfUser() && t.ID == c.Subject
}

// MayPublish reports whether the client may publish on a topic.
func (c Client) MayPublish(t topic.Topic) bool {
	return t.Kind.Uplink() && (c.Owns(t) || t.Kind == topic.UplinkMessageSend && t.Prefix == c.Prefix)
}

// MayRead reports whether the client may subscribe to a filter, or receive what is published on a topic, which are the
// same question: a topic is a filter, and the filters that are none cover the client's own topics, and what moderators read.
// isMember tells whether the client takes part in a conversation, isSender whether they sent a message, which nobody did where it
// is nil; they are asked last, and only where that decides.
func (c Client) MayRead(filter string, isMember, isSender func(id string) bool) bool {
	f, err := topic.ParseFilter(filter)
	if err != nil || f.Topic.Prefix != c.Prefix {
		return false
	}
	if f.EveryOfUser() {
		return f.Topic.ID == c.Subject
	}
	switch f.Topic.Kind {
	case topic.DownlinkMessages, topic.DownlinkAcks:
		return c.Owns(f.Topic)
	case topic.DownlinkAnnouncement:
		return !c.Visitor()
	case topic.DownlinkModeration:
		return c.Moderator || isSender != nil && !f.EveryModeration() && isSender(f.Topic.ID)
	case topic.DownlinkConversation:
		return !c.Visitor() && isMember(f.Topic.ID)
	case topic.DownlinkTyping:
		return c.opens(f.Topic.ID) && isMember(f.Topic.ID)
	}
	return false
}

// opens reports whether the client's token is good for a conversation: a visitor's is for one.
func (c Client) opens(conversationID string) bool {
	return c.ConversationID == "" || c.ConversationID == conversationID
}
