package dynsec

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

// MaxConversations is of how many conversations, the newest, a user may subscribe to the topics. What is published in others
// they have from their inbox. A role of more rules would not fit into a packet.
const MaxConversations = 1000

// Name names a user of an application. Its role has the same name, {application}/{subject}.
type Name struct{ ApplicationID, Subject string }

func (n Name) role() string { return n.ApplicationID + "/" + n.Subject }

func (n Name) account(epoch int64) auth.MQTTAccount {
	return auth.MQTTAccount{ApplicationID: n.ApplicationID, Subject: n.Subject, Epoch: epoch}
}

// visitor says whether it is somebody without account at the host product.
func (n Name) visitor() bool { return strings.HasPrefix(n.Subject, auth.AnonymousPrefix) }

// parseRole reads the name of a user's role.
func parseRole(role string) (Name, bool) {
	application, subject, ok := strings.Cut(role, "/")
	return Name{application, subject}, ok
}

// Account is a user whom the broker should know.
type Account struct {
	// Prefix is the first level of the application's topics.
	Prefix string
	// Conversations are those that the user takes part in.
	Conversations map[string]struct{}
}

// rules are what the user may do besides what all may: publish and hear in their own name, and hear their conversations.
func (a Account) rules(subject string) []rule {
	var rules []rule
	for _, kind := range []topic.Kind{
		topic.UplinkSend, topic.UplinkReceipts, topic.UplinkSync, topic.UplinkTyping, topic.UplinkPresence,
	} {
		rules = append(rules, rule{send, topic.Topic{Prefix: a.Prefix, Kind: kind, ID: subject}.String(), true})
	}
	for _, kind := range []topic.Kind{topic.DownlinkMessages, topic.DownlinkAcks} {
		rules = append(rules, mayHear(subscribeLiteral, topic.Topic{Prefix: a.Prefix, Kind: kind, ID: subject}.String())...)
	}
	for _, id := range a.newest() {
		// {prefix}/conversation/{id} and {prefix}/typing/{id}; nothing else with two levels ends with this id.
		rules = append(rules, mayHear(subscribe, a.Prefix+"/+/"+id)...)
	}
	return rules
}

// newest answers the conversations, the newest first: their ids begin with the time.
func (a Account) newest() []string {
	ids := slices.SortedFunc(maps.Keys(a.Conversations), func(x, y string) int { return cmp.Compare(y, x) })
	return ids[:min(len(ids), MaxConversations)]
}

// rulesOfAll are what all users of an application may do.
func rulesOfAll(prefix string) []rule {
	return append(mayHear(subscribeLiteral, topic.Topic{Prefix: prefix, Kind: topic.DownlinkAnnouncement}.String()),
		rule{send, topic.Topic{Prefix: prefix, Kind: topic.UplinkMessageSend}.String(), true})
}

func mayHear(subscribing, filter string) []rule {
	return []rule{{subscribing, filter, true}, {receive, filter, true}}
}
