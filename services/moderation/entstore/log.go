package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationlogentry"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// logged is something that was done with a message.
type logged struct {
	applicationID    string
	review           *moderationv1.Review
	action, by, note string
	at               int64
}

// logReview writes to the log what was done with a message, in the transaction that does it.
func logReview(ctx context.Context, tx *ent.Tx, l logged) error {
	id, err := uuid.NewV7() // The log is in the order of its ids.
	if err != nil {
		return err
	}
	message, err := uuid.Parse(l.review.GetMessageId())
	if err != nil {
		return err
	}
	return tx.ModerationLogEntry.Create().
		SetID(id).
		SetApplicationID(l.applicationID).
		SetAction(l.action).
		SetSubject(l.by).
		SetMessageID(message).
		SetNote(l.note).
		SetCreatedAt(l.at).
		Exec(ctx)
}

// ListLog implements moderation.Store.
func (s *Store) ListLog(ctx context.Context, q moderation.LogQuery) (list []*moderationv1.LogEntry, err error) {
	where := s.read.ModerationLogEntry.Query().Where(moderationlogentry.ApplicationID(q.ApplicationID))
	if q.MessageID != "" {
		message, err := uuid.Parse(q.MessageID)
		if err != nil {
			return nil, nil //nolint:nilerr // nothing was done with it
		}
		where.Where(moderationlogentry.MessageID(message))
	}
	if before, err := uuid.Parse(q.Before); err == nil {
		where.Where(moderationlogentry.IDLT(before))
	}
	var rows []*ent.ModerationLogEntry
	err = retry("list log", func() (err error) {
		rows, err = where.Clone().Order(moderationlogentry.ByID(sql.OrderDesc())).Limit(q.Limit).All(ctx)
		return err
	})
	for _, row := range rows {
		list = append(list, logEntryProto(row))
	}
	return list, err
}
