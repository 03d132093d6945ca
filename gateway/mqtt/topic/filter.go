package topic

import "strings"

// Filter is a subscription that a client may ask for: one downlink, all topics of one user, or the verdicts on all messages.
type Filter struct {
	// Topic is the downlink. In the filter {prefix}/user/{user}/+ its Kind is 0, in {prefix}/moderation/+ its ID is +.
	Topic Topic
}

// EveryOfUser reports whether the filter is {prefix}/user/{user}/+, with the user in Topic.ID.
func (f Filter) EveryOfUser() bool { return f.Topic.Kind == 0 }

// EveryModeration reports whether the filter is {prefix}/moderation/+.
func (f Filter) EveryModeration() bool {
	return f.Topic.Kind == DownlinkModeration && f.Topic.ID == "+"
}

// String is the filter as it is written in a SUBSCRIBE.
func (f Filter) String() string {
	if f.EveryOfUser() {
		return f.Topic.Prefix + "/user/" + f.Topic.ID + "/+"
	}
	return f.Topic.String()
}

// ParseFilter takes a client's subscription apart. It accepts the exact name of a downlink, and two filters with a
// wildcard: {prefix}/user/{user}/+, by which many MQTT clients take their messages and acks in one subscription, and
// {prefix}/moderation/+, by which moderators hear of messages they do not know yet. All else is refused with an error of this package: other wildcards, shared subscriptions, and the uplinks, which only
// the gateway reads. It does not allocate.
func ParseFilter(filter string) (Filter, error) {
	if len(filter) > MaxLength {
		return Filter{}, ErrTooLong
	}
	if prefix, ok := strings.CutSuffix(filter, "/moderation/+"); ok && ValidPrefix(prefix) {
		return Filter{Topic: Topic{Prefix: prefix, Kind: DownlinkModeration, ID: "+"}}, nil
	}
	if of, ok := strings.CutSuffix(filter, "/+"); ok {
		return parseEveryOfUser(of)
	}
	t, err := Parse(filter)
	if err != nil {
		return Filter{}, err
	}
	if !t.Kind.Downlink() {
		return Filter{}, ErrDirection
	}
	return Filter{Topic: t}, nil
}

// parseEveryOfUser reads {prefix}/user/{user}.
func parseEveryOfUser(of string) (Filter, error) {
	prefix, rest, _ := strings.Cut(of, "/")
	root, id, _ := strings.Cut(rest, "/")
	switch {
	case !ValidPrefix(prefix):
		return Filter{}, ErrPrefix
	case root != "user":
		return Filter{}, ErrShape
	case !ValidID(id):
		return Filter{}, ErrID
	}
	return Filter{Topic: Topic{Prefix: prefix, ID: id}}, nil
}

// UplinkFilters are the subscriptions by which a gateway receives all uplinks of the application with this prefix.
func UplinkFilters(prefix string) []string {
	return []string{
		prefix + "/user/+/send",
		prefix + "/user/+/receipts",
		prefix + "/user/+/sync",
		prefix + "/user/+/typing",
		prefix + "/user/+/presence",
		prefix + "/message/send",
	}
}
