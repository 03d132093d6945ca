package entstore

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationreview"
	"github.com/palabre/palabre/ent/predicate"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// statusWithdrawn is of messages that were deleted before anybody decided: no caller sees them. Their rows stay, so that a
// HoldMessage that comes late does not bring them back.
const statusWithdrawn = "withdrawn"

// GetReview implements moderation.Store.
func (s *Store) GetReview(ctx context.Context, applicationID, messageID string) (review *moderationv1.Review, err error) {
	err = retry("get review", func() error {
		// On the writer, which sees what another call has just decided.
		row, err := s.write.ModerationReview.Query().
			Where(ofApplication(applicationID, messageID), moderationreview.StatusNEQ(statusWithdrawn)).
			Only(ctx)
		if ent.IsNotFound(err) {
			return moderation.ErrNotFound
		}
		if err != nil {
			return err
		}
		review, err = reviewProto(row)
		return err
	})
	return review, err
}

// ofApplication is that a review is of a message of an application; of none when the id is not one.
func ofApplication(applicationID string, messageIDs ...string) predicate.ModerationReview {
	ids := make([]uuid.UUID, 0, len(messageIDs))
	for _, id := range messageIDs {
		if key, err := uuid.Parse(id); err == nil {
			ids = append(ids, key)
		}
	}
	return moderationreview.And(moderationreview.IDIn(ids...), moderationreview.ApplicationID(applicationID))
}

// ListReviews implements moderation.Store. What the status lets pass is a stretch of the index that is in order; what else
// is asked for is looked for there.
func (s *Store) ListReviews(ctx context.Context, q moderation.ReviewsQuery) (list []*moderationv1.Review, err error) {
	where, err := passing(q)
	if err != nil {
		return nil, nil //nolint:nilerr // there are none of that conversation
	}
	err = retry("list reviews", func() error {
		rows, err := s.read.ModerationReview.Query().
			Where(where...).
			Order(moderationreview.ByCreatedAt(), moderationreview.ByID()).
			Limit(q.Limit).
			All(ctx)
		if err != nil {
			return err
		}
		list, err = reviewsProto(rows)
		return err
	})
	return list, err
}

// passing answers what a query says of reviews.
func passing(q moderation.ReviewsQuery) ([]predicate.ModerationReview, error) {
	where := []predicate.ModerationReview{
		moderationreview.ApplicationID(q.ApplicationID), moderationreview.Status(q.Status.String()),
	}
	if q.Rule != "" {
		where = append(where, moderationreview.Rule(q.Rule))
	}
	if q.SenderID != "" {
		where = append(where, moderationreview.SenderSubject(q.SenderID))
	}
	if q.ConversationID != "" {
		id, err := uuid.Parse(q.ConversationID)
		if err != nil {
			return nil, err
		}
		where = append(where, moderationreview.ConversationID(id))
	}
	if q.AppealedOnly {
		where = append(where, moderationreview.AppealedAtNotNil())
	}
	if q.After != nil {
		after, err := behind(*q.After)
		if err != nil {
			return nil, err
		}
		where = append(where, after)
	}
	return where, nil
}

// behind is that a review comes after a place in the queue. The first part is said twice, because only by itself it is where
// databases begin to read the index.
func behind(place moderation.ReviewKey) (predicate.ModerationReview, error) {
	id, err := uuid.Parse(place.ID)
	if err != nil {
		return nil, err
	}
	return moderationreview.And(
		moderationreview.CreatedAtGTE(place.At),
		moderationreview.Or(moderationreview.CreatedAtGT(place.At), moderationreview.IDGT(id)),
	), nil
}

// ForgetReviews implements moderation.Store.
func (s *Store) ForgetReviews(ctx context.Context, applicationID string, messageIDs []string) error {
	return retry("forget reviews", func() error {
		tx, err := s.write.Tx(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
		err = tx.ModerationReview.Update().
			Where(ofApplication(applicationID, messageIDs...)).
			SetContent("").
			SetAppeal("").
			Exec(ctx)
		if err != nil {
			return err
		}
		err = tx.ModerationReview.Update().
			Where(ofApplication(applicationID, messageIDs...), moderationreview.Status(moderationv1.Verdict_pending.String())).
			SetStatus(statusWithdrawn).
			Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Commit()
	})
}

// ListDecisions implements moderation.Store.
func (s *Store) ListDecisions(ctx context.Context, limit int) (list []*moderationv1.Review, err error) {
	err = retry("list decisions", func() error {
		rows, err := s.read.ModerationReview.Query().
			Where(unsettled).
			Order(moderationreview.ByDecidedAt(), moderationreview.ByID()).
			Limit(limit).
			All(ctx)
		if err != nil {
			return err
		}
		list, err = reviewsProto(rows)
		return err
	})
	return list, err
}

// unsettled is that a decision was not carried out. It is said in the words of the index, which is of no other rows, and then
// so that databases see where in the index to begin.
func unsettled(s *sql.Selector) {
	column := s.C(moderationreview.FieldIsUnsettled)
	s.Where(sql.And(sql.IsTrue(column), sql.In(column, true), sql.GT(s.C(moderationreview.FieldDecidedAt), 0)))
}
