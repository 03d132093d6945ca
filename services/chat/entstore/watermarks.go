package entstore

import (
	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/participant"
)

// A member's watermarks say up to which seq they have received and read. In wide conversations they are kept a second time,
// in columns that have an index: there it takes one to see whether anyone is behind, and elsewhere a look at few rows.

func setDelivered(m *ent.ParticipantMutation, c *ent.Conversation, seq int64) {
	m.SetDeliveredSeq(seq)
	if c.IsWide {
		m.SetWideDeliveredSeq(seq)
	}
}

func setRead(m *ent.ParticipantMutation, c *ent.Conversation, seq int64) {
	m.SetReadSeq(seq)
	if c.IsWide {
		m.SetWideReadSeq(seq)
	}
}

// deliveredColumn is what to compare a conversation's members by.
func deliveredColumn(c *ent.Conversation) string {
	if c.IsWide {
		return participant.FieldWideDeliveredSeq
	}
	return participant.FieldDeliveredSeq
}

// readColumn is what to compare a conversation's members by.
func readColumn(c *ent.Conversation) string {
	if c.IsWide {
		return participant.FieldWideReadSeq
	}
	return participant.FieldReadSeq
}
