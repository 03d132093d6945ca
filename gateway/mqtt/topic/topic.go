package topic

import (
	"errors"
	"strings"
)

const (
	// MaxLength is the longest topic or filter that is looked at, in bytes.
	MaxLength = 512
	// MaxID is the longest prefix or id, in bytes.
	MaxID = 64
)

// What Parse, ParseFilter and Topic.Validate refuse. The errors are bare, so that refusing costs no allocation.
var (
	ErrTooLong   = errors.New("topic: longer than 512 bytes")
	ErrPrefix    = errors.New("topic: the prefix is not [A-Za-z0-9_-]{1,64}")
	ErrID        = errors.New("topic: the id is not [A-Za-z0-9_:-]{1,64}")
	ErrShape     = errors.New("topic: not one of Palabre's topics")
	ErrDirection = errors.New("topic: clients publish here, and do not subscribe")
)

// Topic is the name of a topic, taken apart.
type Topic struct {
	// Prefix is the application's first level.
	Prefix string
	// Kind is the shape.
	Kind Kind
	// ID is the user's subject, the conversation's id or the message's id, as the kind says; "" where the shape has none.
	ID string
}

// Parse takes a topic name apart. It returns one of the errors of this package for anything that is not exactly a
// shape of the closed list, wildcards included, and does not allocate: the fields are parts of name.
func Parse(name string) (Topic, error) {
	if len(name) > MaxLength {
		return Topic{}, ErrTooLong
	}
	prefix, rest, _ := strings.Cut(name, "/")
	if !ValidPrefix(prefix) {
		return Topic{}, ErrPrefix
	}
	t := Topic{Prefix: prefix}
	switch root, rest, _ := strings.Cut(rest, "/"); root {
	case "user":
		id, level, _ := strings.Cut(rest, "/")
		t.Kind, t.ID = kindOfUser(level), id
	case "conversation":
		t.Kind, t.ID = DownlinkConversation, rest
	case "typing":
		t.Kind, t.ID = DownlinkTyping, rest
	case "moderation":
		t.Kind, t.ID = DownlinkModeration, rest
	case "message":
		if rest == "send" {
			t.Kind = UplinkMessageSend
		}
	case "announcement":
		// Cut drops a trailing slash, which makes another topic.
		if len(name) == len(prefix)+len("/announcement") {
			t.Kind = DownlinkAnnouncement
		}
	}
	if err := t.validateKind(); err != nil {
		return Topic{}, err
	}
	return t, nil
}

// Validate reports whether the topic has a name: it returns ErrPrefix, ErrShape or ErrID when a field is not what the
// grammar allows, and nil exactly when Parse(t.String()) gives t back.
func (t Topic) Validate() error {
	if !ValidPrefix(t.Prefix) {
		return ErrPrefix
	}
	return t.validateKind()
}

func (t Topic) validateKind() error {
	switch {
	case !t.Kind.Uplink() && !t.Kind.Downlink():
		return ErrShape
	case t.Kind.hasID() && !ValidID(t.ID):
		return ErrID
	case !t.Kind.hasID() && t.ID != "":
		return ErrShape
	}
	return nil
}

// String is the name of the topic. It does not check the fields: a name made of fields from outside wants Validate
// first. It is "" when the Kind is none.
func (t Topic) String() string {
	if level := t.Kind.userLevel(); level != "" {
		return t.Prefix + "/user/" + t.ID + "/" + level
	}
	switch t.Kind {
	case UplinkMessageSend:
		return t.Prefix + "/message/send"
	case DownlinkAnnouncement:
		return t.Prefix + "/announcement"
	}
	if root := t.Kind.rootLevel(); root != "" {
		return t.Prefix + "/" + root + "/" + t.ID
	}
	return ""
}

// ValidPrefix reports whether an application may have this topic prefix: [A-Za-z0-9_-]{1,64}.
func ValidPrefix(s string) bool { return valid(s, false) }

// ValidID reports whether s can stand for a user, conversation or message in a topic: [A-Za-z0-9_:-]{1,64}.
func ValidID(s string) bool { return valid(s, true) }

func valid(s string, colon bool) bool {
	if s == "" || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		case c == ':' && colon:
		default:
			return false
		}
	}
	return true
}
