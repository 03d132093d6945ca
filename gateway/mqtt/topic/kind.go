package topic

// Kind is one shape of the closed list of topics. The zero Kind is none of them.
type Kind uint8

// The uplinks, which clients publish and the gateway subscribes to.
const (
	// UplinkSend is {prefix}/user/{user}/send.
	UplinkSend Kind = iota + 1
	// UplinkReceipts is {prefix}/user/{user}/receipts.
	UplinkReceipts
	// UplinkSync is {prefix}/user/{user}/sync.
	UplinkSync
	// UplinkTyping is {prefix}/user/{user}/typing.
	UplinkTyping
	// UplinkPresence is {prefix}/user/{user}/presence.
	UplinkPresence
	// UplinkMessageSend is {prefix}/message/send: its topic does not say who speaks.
	UplinkMessageSend
)

// The downlinks, which the gateway publishes and clients subscribe to.
const (
	// DownlinkMessages is {prefix}/user/{user}/messages.
	DownlinkMessages Kind = iota + 101
	// DownlinkAcks is {prefix}/user/{user}/acks.
	DownlinkAcks
	// DownlinkConversation is {prefix}/conversation/{conversation}.
	DownlinkConversation
	// DownlinkTyping is {prefix}/typing/{conversation}.
	DownlinkTyping
	// DownlinkAnnouncement is {prefix}/announcement.
	DownlinkAnnouncement
	// DownlinkModeration is {prefix}/moderation/{message}.
	DownlinkModeration
)

// Uplink reports whether clients publish this kind.
func (k Kind) Uplink() bool { return k >= UplinkSend && k <= UplinkMessageSend }

// Downlink reports whether clients subscribe to this kind.
func (k Kind) Downlink() bool { return k >= DownlinkMessages && k <= DownlinkModeration }

// OfUser reports whether the topic's id is a user's subject, as in {prefix}/user/{user}/….
func (k Kind) OfUser() bool { return k.userLevel() != "" }

// OfConversation reports whether the topic's id is a conversation id.
func (k Kind) OfConversation() bool { return k == DownlinkConversation || k == DownlinkTyping }

// String names the kind as in "user/send" or "conversation", for logs and metrics.
func (k Kind) String() string {
	switch k {
	case UplinkMessageSend:
		return "message/send"
	case DownlinkConversation, DownlinkTyping, DownlinkAnnouncement, DownlinkModeration:
		return k.rootLevel()
	}
	if level := k.userLevel(); level != "" {
		return "user/" + level
	}
	return "unknown"
}

// hasID reports whether the shape names a user, conversation or message.
func (k Kind) hasID() bool { return k != UplinkMessageSend && k != DownlinkAnnouncement }

// userLevel is the last level of {prefix}/user/{user}/…, and "" for the other kinds.
func (k Kind) userLevel() string {
	switch k {
	case UplinkSend:
		return "send"
	case UplinkReceipts:
		return "receipts"
	case UplinkSync:
		return "sync"
	case UplinkTyping:
		return "typing"
	case UplinkPresence:
		return "presence"
	case DownlinkMessages:
		return "messages"
	case DownlinkAcks:
		return "acks"
	}
	return ""
}

// rootLevel is the level after the prefix, for the kinds that are not a user's.
func (k Kind) rootLevel() string {
	switch k {
	case UplinkMessageSend:
		return "message"
	case DownlinkConversation:
		return "conversation"
	case DownlinkTyping:
		return "typing"
	case DownlinkAnnouncement:
		return "announcement"
	case DownlinkModeration:
		return "moderation"
	}
	return ""
}

// kindOfUser is the inverse of userLevel; 0 when there is no such kind.
func kindOfUser(level string) Kind {
	switch level {
	case "send":
		return UplinkSend
	case "receipts":
		return UplinkReceipts
	case "sync":
		return UplinkSync
	case "typing":
		return UplinkTyping
	case "presence":
		return UplinkPresence
	case "messages":
		return DownlinkMessages
	case "acks":
		return DownlinkAcks
	}
	return 0
}
