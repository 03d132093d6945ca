package entstore

import (
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

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

// messageRow is what is stored of an accepted or held message, and what those who follow the feed are given.
func messageRow(i *sendItem) *ent.Message {
	m := i.answer
	row := &ent.Message{
		ID:               i.id,
		ApplicationID:    i.draft.ApplicationID,
		ConversationID:   i.conversationID,
		ClientMessageID:  m.GetClientMessageId(),
		SenderSubject:    i.draft.SenderSubject,
		SenderName:       m.GetSenderName(),
		Content:          m.GetContent(),
		ContentType:      m.GetContentType().String(),
		Fingerprint:      i.fingerprint,
		Attachments:      i.fileBytes,
		IsAnnouncement:   m.GetIsAnnouncement(),
		IsModerated:      m.GetIsModerated(),
		ModerationStatus: m.GetModerationStatus().String(),
		CreatedAt:        micros(m.GetCreatedAt()),
	}
	if m.GetSeq() > 0 {
		row.Seq = proto.Int64(m.GetSeq())
	}
	if reply, err := uuid.Parse(m.GetReplyToMessageId()); err == nil {
		row.ReplyToMessageID = &reply
	}
	return row
}

func messageValues(m *ent.Message) []any {
	return []any{
		m.ID, m.ApplicationID, m.ConversationID, m.Seq, m.ClientMessageID, m.SenderSubject, m.SenderName, m.Content, m.ContentType,
		m.Fingerprint, m.ReplyToMessageID, m.IsAnnouncement, m.IsModerated, m.ModerationStatus, m.CreatedAt,
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
		{name: participant.FieldHasUnread, pgType: "boolean"},
		{name: participant.FieldOwnUnread, pgType: "bigint"},
		{name: participant.FieldReadSeq, pgType: "bigint"},
		{name: participant.FieldDeliveredSeq, pgType: "bigint"},
		{name: participant.FieldWideReadSeq, pgType: "bigint"},
		{name: participant.FieldWideDeliveredSeq, pgType: "bigint"},
	}
}

// count counts a message in a member's row. A sender's own message is not unread to them: who had read everything still
// has, and otherwise it is one of their own among the unread. Where the row has the member's place, the conversation moves
// up in their list and has something unread to the others, which is news to few rows.
func (s *seat) count(seq int64, isSender bool, c *ent.Conversation) {
	if ranked(s.row) {
		s.rise(rank(c.IsPinned, c.LastActivityAt), !isSender)
	}
	if isSender {
		s.sent(seq, c.IsWide)
	}
}

// rise puts the conversation into another place of the member's list, and says that something is unread in it.
func (s *seat) rise(place int64, unread bool) {
	if *s.row.ListRank != place {
		s.row.ListRank, s.changed = &place, true
	}
	if unread && !s.row.HasUnread {
		s.row.HasUnread, s.changed = true, true
	}
}

// sent counts a message of the member's own.
func (s *seat) sent(seq int64, wide bool) {
	s.changed = true
	if s.row.ReadSeq == seq-1 {
		s.row.ReadSeq = seq
	} else {
		s.row.OwnUnread++
	}
	if s.row.DeliveredSeq == seq-1 {
		s.row.DeliveredSeq = seq
	}
	if wide {
		s.row.WideReadSeq, s.row.WideDeliveredSeq = &s.row.ReadSeq, &s.row.DeliveredSeq
	}
}
