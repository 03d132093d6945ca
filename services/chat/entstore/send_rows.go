package entstore

import (
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/conversation"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/participant"
)

// The rows that messages write and change, and their columns.

func messageRows() rows {
	return rows{
		{name: message.FieldID, pgType: "uuid"},
		{name: message.FieldApplicationID, pgType: "text"},
		{name: message.FieldConversationID, pgType: "uuid"},
		{name: message.FieldSeq, pgType: "bigint"},
		{name: message.FieldClientMessageID, pgType: "text"},
		{name: message.FieldSenderSubject, pgType: "text"},
		{name: message.FieldSenderName, pgType: "text"},
		{name: message.FieldContent, pgType: "text"},
		{name: message.FieldContentType, pgType: "text"},
		{name: message.FieldFingerprint, pgType: "bytea"},
		{name: message.FieldReplyToMessageID, pgType: "uuid"},
		{name: message.FieldIsAnnouncement, pgType: "boolean"},
		{name: message.FieldIsModerated, pgType: "boolean"},
		{name: message.FieldModerationStatus, pgType: "text"},
		{name: message.FieldCreatedAt, pgType: "bigint"},
	}
}

func messageValues(i *sendItem) []any {
	m := i.answer
	var reply any
	if id, err := uuid.Parse(m.GetReplyToMessageId()); err == nil {
		reply = id
	}
	return []any{
		i.id, i.draft.ApplicationID, i.conversationID, m.GetSeq(), m.GetClientMessageId(), i.draft.SenderSubject, m.GetSenderName(),
		m.GetContent(), m.GetContentType().String(), i.fingerprint, reply, m.GetIsAnnouncement(), m.GetIsModerated(),
		m.GetModerationStatus().String(), micros(m.GetCreatedAt()),
	}
}

func conversationRows() rows {
	return rows{
		{name: conversation.FieldID, pgType: "uuid"},
		{name: conversation.FieldLastSeq, pgType: "bigint"},
		{name: conversation.FieldLastMessageID, pgType: "uuid"},
		{name: conversation.FieldLastActivityAt, pgType: "bigint"},
		{name: conversation.FieldUpdatedAt, pgType: "bigint"},
	}
}

func participantRows() rows {
	return rows{
		{name: participant.FieldID, pgType: "uuid"},
		{name: participant.FieldListRank, pgType: "bigint"},
		{name: participant.FieldUnread, pgType: "bigint"},
		{name: participant.FieldOwnUnread, pgType: "bigint"},
		{name: participant.FieldReadSeq, pgType: "bigint"},
		{name: participant.FieldDeliveredSeq, pgType: "bigint"},
	}
}

// count counts a message in a member's row. A sender's own message is not unread to them: who had read everything still
// has. Where the row has the member's place and count, the conversation moves up in their list and the message is unread to
// others; elsewhere a sender's own unread messages are counted apart instead.
func (s *seat) count(seq int64, isSender bool, c *ent.Conversation) {
	own := ranked(s.row)
	if !own && !isSender {
		return
	}
	s.changed = true
	if own {
		place := rank(c.IsPinned, c.LastActivityAt)
		s.row.ListRank = &place
	}
	switch {
	case !isSender:
		s.row.Unread += unreadSign(c.ExpiresAt != nil)
	case s.row.ReadSeq == seq-1:
		s.row.ReadSeq = seq
	case !own:
		s.row.OwnUnread++
	}
	if isSender && s.row.DeliveredSeq == seq-1 {
		s.row.DeliveredSeq = seq
	}
}
