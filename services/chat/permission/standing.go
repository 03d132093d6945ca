package permission

import (
	"strings"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// Standings are what a caller is in a conversation: one of the constants, or several.
type Standings uint16

// What a caller can be in a conversation.
const (
	// BackEnd acts in nobody's name: the host product, or a component of Palabre.
	BackEnd Standings = 1 << iota
	// Creator began the conversation; an announcement's author.
	Creator
	// Admin administers it.
	Admin
	// Member takes part.
	Member
	// ReadOnly takes part to read.
	ReadOnly
	// Visitor takes part without an account.
	Visitor
	// Addressee is in an announcement's audience.
	Addressee
)

// Stranger is nothing in the conversation: it does not exist for them.
const Stranger Standings = 0

// standings are in the order in which the document lists them.
var standings = [...]struct {
	standing Standings
	// name is the document's, and who what a refusal calls them.
	name, who, meaning string
}{
	{Creator, "creator", "whoever created it", "Who began the conversation; the author of an announcement."},
	{Admin, "admin", "an admin of the conversation", "Participant with the role `admin`: who creates a group or a broadcast, and whom an admin makes one; " +
		"the user a visitor writes to; the author of an announcement."},
	{Member, "member", "a member", "Participant with the role `member`. In a one_to_one both are, whatever else is noted of them."},
	{ReadOnly, "read_only", "a reader", "Participant with the role `read_only`. Having created the conversation gives them nothing more."},
	{Visitor, "visitor", "the visitor", "The person without account whom an anonymous conversation is with. One who became a user is a member, and its creator still."},
	{Addressee, "addressee", "an addressee", "Who is in an announcement's audience now, while the announcement lasts. Once it has expired they are strangers to it."},
	{BackEnd, "back end", "a back end", "The host product with its API key, acting for no user. Acting for one (`x-palabre-user`), it may do what that user may."},
	{Stranger, "stranger", "nobody", "Everyone else, whatever their role in the host product."},
}

// Caller is who asks.
type Caller struct {
	// Subject names them as participants are named; empty for a back end.
	Subject string
	// Participant is their place in the conversation, nil when they have none. In an announcement only its author and those
	// have one who are in its audience now.
	Participant *chatv1.Participant
}

// In answers what a caller is in a conversation at a moment.
func In(c *chatv1.Conversation, who Caller, now time.Time) Standings {
	if who.Subject == "" {
		return BackEnd
	}
	is := place(c, who, now)
	if is == Stranger || is == ReadOnly || !created(c, who) {
		return is
	}
	return is | Creator
}

// created says whether a caller began a conversation; a user who was a visitor, what the visitor began.
func created(c *chatv1.Conversation, who Caller) bool {
	visitor, began := strings.CutPrefix(c.GetCreatedBy(), auth.AnonymousPrefix)
	return c.GetCreatedBy() == who.Subject || began && visitor == who.Participant.GetAnonymousId()
}

// place is what a caller is, but for having created the conversation.
func place(c *chatv1.Conversation, who Caller, now time.Time) Standings {
	switch {
	case c.GetType() == chatv1.Conversation_announcement:
		return inAnnouncement(c, who, now)
	case who.Participant == nil:
		return Stranger
	case c.GetType() == chatv1.Conversation_one_to_one:
		return Member
	case who.Participant.GetUserId() == "":
		return Visitor
	case who.Participant.GetAnonymousId() != "":
		return Member // Who was the visitor does not have the conversation, whatever their role.
	}
	return inRole(c.GetType(), who.Participant.GetRole())
}

func inRole(t chatv1.Conversation_Type, role chatv1.Participant_Role) Standings {
	switch {
	case role == chatv1.Participant_admin:
		return Admin
	case role == chatv1.Participant_read_only && t != chatv1.Conversation_anonymous:
		return ReadOnly
	default:
		return Member
	}
}

func inAnnouncement(c *chatv1.Conversation, who Caller, now time.Time) Standings {
	switch {
	case c.GetCreatedBy() == who.Subject:
		return Admin
	case who.Participant != nil && !Expired(c, now):
		return Addressee
	default:
		return Stranger
	}
}

// Expired says whether a conversation is over at a moment.
func Expired(c *chatv1.Conversation, now time.Time) bool {
	return c.GetExpiryDate() != nil && !c.GetExpiryDate().AsTime().After(now)
}
