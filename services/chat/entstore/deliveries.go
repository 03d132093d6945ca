package entstore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/announcementdelivery"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func delivery(row *ent.AnnouncementDelivery) chat.Delivery {
	return chat.Delivery{
		Position:       row.ID,
		ApplicationID:  row.ApplicationID,
		ConversationID: row.ConversationID.String(),
		AfterUserID:    row.AfterUserID,
		PublishedCount: row.PublishedCount,
		StartedAt:      optionalTime(row.StartedAt),
		FinishedAt:     optionalTime(row.FinishedAt),
	}
}

func optionalTime(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return time.UnixMicro(*micros)
}

// FindDelivery implements chat.Store.
func (s *Store) FindDelivery(ctx context.Context, applicationID, conversationID string) (chat.Delivery, error) {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return chat.Delivery{}, wrap("find delivery", chat.ErrNotFound)
	}
	row, err := s.read.AnnouncementDelivery.Query().
		Where(announcementdelivery.ConversationID(id), announcementdelivery.ApplicationID(applicationID)).
		Order(announcementdelivery.ByID()).
		First(ctx)
	if err != nil {
		return chat.Delivery{}, wrap("find delivery", err)
	}
	return delivery(row), nil
}

// ListDeliveries implements chat.Store.
func (s *Store) ListDeliveries(ctx context.Context, limit int) ([]chat.Delivery, error) {
	rows, err := s.read.AnnouncementDelivery.Query().
		Where(announcementdelivery.FinishedAtIsNil()).
		Order(announcementdelivery.ByID()).
		Limit(limit).
		All(ctx)
	if err != nil {
		return nil, wrap("list deliveries", err)
	}
	list := make([]chat.Delivery, len(rows))
	for i, row := range rows {
		list[i] = delivery(row)
	}
	return list, nil
}

// HandOn implements chat.Store.
func (s *Store) HandOn(ctx context.Context, d chat.Delivery, users []string) (chat.Delivery, bool, error) {
	handed := false
	err := s.change(ctx, "hand on", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		if d.StartedAt.IsZero() {
			d.StartedAt = f.now
		}
		n, err := tx.AnnouncementDelivery.Update().
			Where(announcementdelivery.ID(d.Position), announcementdelivery.AfterUserID(d.AfterUserID), announcementdelivery.FinishedAtIsNil()).
			SetAfterUserID(users[len(users)-1]).
			AddPublishedCount(int64(len(users))).
			SetStartedAt(d.StartedAt.UnixMicro()).
			Save(ctx)
		if handed = n == 1; !handed || err != nil {
			return err
		}
		e, err := handedOn(ctx, tx, d.Position, users)
		if err != nil {
			return err
		}
		f.add(e)
		return nil
	})
	if handed {
		d.AfterUserID = users[len(users)-1]
		d.PublishedCount += int64(len(users))
	}
	return d, handed && err == nil, err
}

// handedOn is an event once more, for users it is addressed to.
func handedOn(ctx context.Context, tx *ent.Tx, position int64, users []string) (entry, error) {
	origin, err := tx.Event.Get(ctx, position)
	if err != nil {
		return entry{}, err
	}
	addressees, err := json.Marshal(users)
	if err != nil {
		return entry{}, err
	}
	e := entry{
		applicationID:  origin.ApplicationID,
		conversationID: origin.ConversationID,
		kind:           origin.Kind,
		origin:         origin.ID,
		at:             origin.CreatedAt,
		addressees:     addressees,
	}
	if origin.MessageID != nil {
		e.messageID = *origin.MessageID
	}
	if len(origin.Payload) > 0 {
		e.payload = new(chatv1.Event)
		err = proto.Unmarshal(origin.Payload, e.payload)
	}
	return e, err
}

// FinishDelivery implements chat.Store.
func (s *Store) FinishDelivery(ctx context.Context, position, publishedCount int64) error {
	return s.change(ctx, "finish delivery", func(ctx context.Context, tx *ent.Tx, f *feed) error {
		return tx.AnnouncementDelivery.Update().
			Where(announcementdelivery.ID(position), announcementdelivery.FinishedAtIsNil()).
			SetPublishedCount(publishedCount).
			SetFinishedAt(f.at()).
			Exec(ctx)
	})
}
