package httpgw

// docsTopic is a topic of MQTT, for those who read the page to find where messages are sent.
type docsTopic struct {
	Topic, Direction, Text string
}

// topics are those of an application whose prefix is `chat`.
var topics = []docsTopic{
	{"chat/user/{userId}/send", "sent", "A message: `{conversationId, content, clientMessageId}`. The same `clientMessageId` again is the same message."},
	{"chat/user/{userId}/receipts", "sent", "What was received or read: `{conversationId, delivered, read}`, up to these `seq`."},
	{"chat/user/{userId}/sync", "sent", "What came since a cursor, after every connection: `{requestId, cursor, limit}`."},
	{"chat/user/{userId}/typing", "sent", "Whether somebody is writing: `{conversationId, typing}`."},
	{"chat/user/{userId}/presence", "sent", "Whether somebody is there, also as the connection's will: `{status, sessionId}`."},
	{"chat/user/{userId}/acks", "received", "The answers to `send` and `sync`. Only an answer means that a message is kept."},
	{"chat/user/{userId}/messages", "received", "Every event for the user: messages, receipts, conversations joined and left."},
	{"chat/conversation/{conversationId}", "received", "The events of one conversation, where the broker can check who takes part."},
	{"chat/announcement", "received", "Announcements to everyone. Those to some come on `messages`."},
	{"chat/typing/{conversationId}", "received", "Who is writing in a conversation."},
	{"chat/moderation/{messageId}", "received", "What the moderation says of a message, for moderators."},
}
