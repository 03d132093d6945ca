package entstore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// headID is the one row of event_heads, which the first migration makes.
const headID = 1

// feed collects the events of a transaction.
type feed struct {
	now  time.Time
	rows []entry
}

// entry is an event before it has a position.
type entry struct {
	applicationID  string
	conversationID uuid.UUID
	kind           string
	// recipient is a subject besides the conversation's members, or alone.
	recipient     string
	recipientOnly bool
	// origin is the position of the event that is handed on to addressees, at is when that happened; 0 and none otherwise.
	origin     int64
	at         int64
	addressees []byte
	// announced says that it is an announcement's, and is handed on to the audience in the background.
	announced bool
	// messageID is the message it is about, whose text is read when the event is.
	messageID uuid.UUID
	// payload is the rest of the event, if it has any.
	payload *chatv1.Event
}

func (f *feed) add(e entry) { f.rows = append(f.rows, e) }

// at is the time of the transaction as the database keeps it and as callers get it.
func (f *feed) at() int64 { return f.now.UnixMicro() }

func (f *feed) timestamp() *timestamppb.Timestamp { return timestamp(f.at()) }

// flush writes the events. It is the last thing a transaction does: the row it takes positions from is locked until the
// commit, so positions become visible in their order, and the wait for one another is as short as a commit.
func (f *feed) flush(ctx context.Context, tx *ent.Tx) error {
	if len(f.rows) == 0 {
		return nil
	}
	head, err := tx.EventHead.UpdateOneID(headID).AddPosition(int64(len(f.rows))).Save(ctx)
	if err != nil {
		return err
	}
	first := head.Position - int64(len(f.rows)) + 1
	rows := make([]*ent.EventCreate, len(f.rows))
	var deliveries []*ent.AnnouncementDeliveryCreate
	for i, e := range f.rows {
		row := tx.Event.Create().
			SetID(first + int64(i)).
			SetApplicationID(e.applicationID).
			SetConversationID(e.conversationID).
			SetKind(e.kind).
			SetRecipientOnly(e.recipientOnly).
			SetCreatedAt(f.at())
		if e.origin != 0 {
			row.SetOrigin(e.origin).SetAddressees(e.addressees).SetCreatedAt(e.at)
		}
		if e.recipient != "" {
			row.SetRecipient(e.recipient)
		}
		if e.messageID != uuid.Nil {
			row.SetMessageID(e.messageID)
		}
		if e.payload != nil {
			bytes, err := proto.Marshal(e.payload)
			if err != nil {
				return err
			}
			row.SetPayload(bytes)
		}
		rows[i] = row
		if e.announced {
			deliveries = append(deliveries, newDelivery(tx, first+int64(i), e))
		}
	}
	if err := tx.Event.CreateBulk(rows...).Exec(ctx); err != nil || len(deliveries) == 0 {
		return err
	}
	return tx.AnnouncementDelivery.CreateBulk(deliveries...).Exec(ctx)
}
