package permission

import chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"

// Action is something that a caller may be allowed to do in a conversation.
type Action uint8

// The actions that the policy knows.
const (
	See Action = iota
	Write
	EditOwn
	EditOthers
	DeleteOwn
	DeleteOthers
	ChangeSettings
	Pin
	SetReplyPermission
	DeleteConversation
	AddParticipant
	RemoveParticipant
	ChangeRole
	SetCanReply
	Leave
	Transfer
	ConvertVisitor
	SeeDelivery
)

// What a cell of the table says besides standings.
const (
	nobody Standings = 0
	// writers are those whom the rules of writing allow it, see reply.go; an action that is theirs ends with the conversation.
	writers Standings = 1 << 14
	// never says that conversations of the type have no such thing.
	never Standings = 1 << 15
)

// rule is a row of the table.
type rule struct {
	// name is the document's, and fits after «Only … may».
	name string
	// Who may do it, by type of conversation. A broadcast is a group here.
	oneToOne, group, anonymous, announcement Standings
	// backEnd says whether back ends may, where the type has it.
	backEnd bool
	// ends says that it ends with the conversation. What is left to writers does anyway.
	ends bool
	// why says in the document what is not obvious.
	why string
}

const (
	inGroup     = Admin | Member | ReadOnly
	inAnonymous = Admin | Member | Visitor
)

// rules is the table of who may do what.
var rules = [...]rule{
	See: {"see the conversation, its messages and who takes part", Member, inGroup, inAnonymous, Creator | Addressee, true, false,
		"Whoever may not see a conversation is told that there is none. Who sees a message may have its files. One that has expired leaves the lists, but for its creator's, and stays readable " +
			"where one knows it; an announcement that has expired only to its author and to back ends. Addressees " +
			"see no other participant than the author."},
	Write: {"write a message", writers, writers, writers, writers, true, false,
		"See [who may write](#who-may-write). What a back end writes comes from the system."},
	EditOwn: {"edit one's own message", writers, writers, writers, Creator | writers, false, false,
		"Who may no longer write may no longer say something else either. The author of an announcement may correct it until it " +
			"expires, even where nobody may write."},
	EditOthers: {"edit somebody else's message", nobody, nobody, nobody, nobody, false, false,
		"Nobody puts words into another's mouth."},
	DeleteOwn: {"delete one's own message", Member, inGroup, inAnonymous, Creator | Addressee, true, false,
		"Always, for whoever still sees it."},
	DeleteOthers: {"delete somebody else's message", nobody, Admin, Admin, Creator, true, false,
		"In a one_to_one neither is above the other."},
	ChangeSettings: {"change the title or the expiry date", nobody, Admin, Admin, Creator, true, false,
		"In a one_to_one neither may end it for the other."},
	Pin: {"pin the conversation", Member, Admin, Admin, Creator, true, false,
		"In a one_to_one either may: it only moves up in the lists of the two."},
	SetReplyPermission: {"set the reply permission", nobody, Admin, Admin, Creator, true, false, ""},
	DeleteConversation: {"delete the conversation", nobody, Admin, Admin, Creator, true, false,
		"It ends for everyone. In a one_to_one neither takes the history away from the other."},
	AddParticipant: {"add a participant", never, Admin, never, never, true, false,
		"The two of a one_to_one and of an anonymous conversation stay the two; who is addressed by an announcement is its audience."},
	RemoveParticipant: {"remove a participant", never, Admin, never, never, true, false,
		"The last admin of a group or broadcast cannot be removed, cannot leave, and keeps the role (`LAST_ADMIN`)."},
	ChangeRole: {"change a participant's role", never, Admin, never, never, true, false, ""},
	SetCanReply: {"let one participant write, or forbid it", nobody, Admin, Admin, never, true, false,
		"In an anonymous conversation: the user can silence a visitor."},
	Leave: {"leave", never, inGroup, never, never, false, false, ""},
	Transfer: {"transfer the conversation to a colleague, until it expires", never, never, Admin, never, true, true,
		"The user whom the visitor writes to hands over; whoever takes over sees the whole history."},
	ConvertVisitor: {"convert the visitor to a user", never, never, Admin, never, true, false,
		"A user may also convert a visitor to themself, if they have the visitor's token."},
	SeeDelivery: {"see how far its delivery has come", never, never, never, Creator, true, false, ""},
}

// in answers the cell of a type.
func (r *rule) in(t chatv1.Conversation_Type) Standings {
	switch t {
	case chatv1.Conversation_one_to_one:
		return r.oneToOne
	case chatv1.Conversation_group, chatv1.Conversation_broadcast:
		return r.group
	case chatv1.Conversation_anonymous:
		return r.anonymous
	case chatv1.Conversation_announcement:
		return r.announcement
	default:
		return nobody
	}
}
