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
// They are few, because the broker writes all of them to its file with each change of any.
func (a Account) rules(subject string) []rule {
	own := a.Prefix + "/user/" + subject + "/+"
	rules := append(mayHear(subscribe, own), rule{send, own, true})
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

// firstOfAll is the priority of the roles that are looked at before a user's own.
const firstOfAll = 1

// rulesOfUsers are what holds for all users of an application.
func rulesOfUsers(prefix string) []rule {
	rules := append(rulesOfVisitors(prefix),
		mayHear(subscribeLiteral, topic.Topic{Prefix: prefix, Kind: topic.DownlinkAnnouncement}.String())...)
	return append(rules, rule{send, topic.Topic{Prefix: prefix, Kind: topic.UplinkMessageSend}.String(), true})
}

// rulesOfVisitors keep everyone from publishing what is the gateway's to say, of their own topics.
func rulesOfVisitors(prefix string) []rule {
	return []rule{
		{send, topic.Topic{Prefix: prefix, Kind: topic.DownlinkMessages, ID: "+"}.String(), false},
		{send, topic.Topic{Prefix: prefix, Kind: topic.DownlinkAcks, ID: "+"}.String(), false},
	}
}

func mayHear(subscribing, filter string) []rule {
	return []rule{{subscribing, filter, true}, {receive, filter, true}}
}

// roleOfAll names the role of all users of an application, or of all its visitors.
func (n Name) roleOfAll() string {
	if n.visitor() {
		return visitorsOf(n.ApplicationID)
	}
	return n.ApplicationID
}

func visitorsOf(application string) string { return application + " visitors" }
