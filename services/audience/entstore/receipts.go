package entstore

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/audiencereceipt"
)

// RecordReceipt implements audience.Store. Whether a receipt is the first is decided by the database, where nobody comes
// in between.
func (s *Store) RecordReceipt(ctx context.Context, applicationID, conversationID, userID string, read bool) error {
	id, err := uuid.Parse(conversationID)
	if err != nil {
		return fmt.Errorf("record receipt: %w", err)
	}
	now := s.now().UnixMicro()
	receipt := s.write.AudienceReceipt.Create().
		SetID(rowID(applicationID, id.String(), userID)).
		SetApplicationID(applicationID).
		SetConversationID(id).
		SetUserID(userID).
		SetDeliveredAt(now)
	if read {
		receipt.SetReadAt(now)
	}
	return retry("record receipt", func() error {
		return receipt.OnConflictColumns(audiencereceipt.FieldID).
			Update(func(u *ent.AudienceReceiptUpsert) {
				readAt := u.Table().C(audiencereceipt.FieldReadAt)
				first := fmt.Sprintf("COALESCE(%s, %s)", readAt, excluded(u.UpdateSet, audiencereceipt.FieldReadAt))
				u.Set(audiencereceipt.FieldReadAt, sql.Expr(first))
			}).
			Exec(ctx)
	})
}
