package entstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/moderationreview"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

// HoldMessage implements moderation.Store. The primary key sees to it that a message is there once.
func (s *Store) HoldMessage(ctx context.Context, applicationID string, review *moderationv1.Review, isEdit bool) error {
	return retry("hold message", func() error {
		if isEdit {
			waits, err := s.waitAgain(ctx, applicationID, review)
			if waits || err != nil {
				return err
			}
		}
		err := s.insertReview(ctx, applicationID, review)
		if !ent.IsConstraintError(err) {
			return err
		}
		return s.heldAgain(ctx, applicationID, review.GetMessageId(), err)
	})
}

// heldAgain notes that a message which is in the queue is about to be stored, so that it is not taken out of it. Where it just was, it
// answers why it could not be put there, for another try.
func (s *Store) heldAgain(ctx context.Context, applicationID, messageID string, conflict error) error {
	ours := ofApplication(applicationID, messageID)
	if err := s.write.ModerationReview.Update().Where(ours).SetHeldAt(s.now().UnixMicro()).Exec(ctx); err != nil {
		return err
	}
	row, err := s.write.ModerationReview.Get(ctx, uuid.MustParse(messageID))
	switch {
	case ent.IsNotFound(err):
		return conflict
	case err == nil && row.ApplicationID != applicationID:
		return moderation.ErrNotFound
	}
	return err
}

func (s *Store) insertReview(ctx context.Context, applicationID string, review *moderationv1.Review) error {
	message, err := uuid.Parse(review.GetMessageId())
	if err != nil {
		return err
	}
	conversation, err := uuid.Parse(review.GetConversationId())
	if err != nil {
		return err
	}
	reasons, err := reasonsBytes(review.GetReasons())
	if err != nil {
		return err
	}
	return s.write.ModerationReview.Create().
		SetID(message).
		SetApplicationID(applicationID).
		SetConversationID(conversation).
		SetSenderSubject(review.GetSenderId()).
		SetContent(review.GetContent()).
		SetReasons(reasons).
		SetRule(heldBy(review.GetReasons())).
		SetRulesVersion(review.GetRulesVersion()).
		SetIsPublished(review.GetIsPublished()).
		SetStatus(moderationv1.Verdict_pending.String()).
		SetCreatedAt(review.GetCreatedAt().AsTime().UnixMicro()).
		SetHeldAt(s.now().UnixMicro()).
		Exec(ctx)
}

// waitAgain puts an edited message back into the queue, and says whether it was there to be put back: one that was rejected
// or deleted is on its way out whatever its sender does to it.
func (s *Store) waitAgain(ctx context.Context, applicationID string, review *moderationv1.Review) (bool, error) {
	reasons, err := reasonsBytes(review.GetReasons())
	if err != nil {
		return false, err
	}
	published := moderationreview.Or(
		moderationreview.Status(moderationv1.Verdict_approved.String()),
		moderationreview.And(moderationreview.Status(moderationv1.Verdict_pending.String()), moderationreview.IsPublished(true)),
	)
	n, err := s.write.ModerationReview.Update().
		Where(ofApplication(applicationID, review.GetMessageId()), published).
		SetContent(review.GetContent()).
		SetReasons(reasons).
		SetRule(heldBy(review.GetReasons())).
		SetRulesVersion(review.GetRulesVersion()).
		SetIsPublished(true).
		SetStatus(moderationv1.Verdict_pending.String()).
		ClearDecidedAt().
		SetDecidedBy("").
		SetNote("").
		SetIsUnsettled(false).
		Save(ctx)
	return n > 0, err
}

// heldBy answers the rule that put a message into the queue: the first that asks for a person, or else the first.
func heldBy(reasons []*moderationv1.Reason) string {
	for _, r := range reasons {
		if !r.GetDryRun() && (r.GetAction() == moderationv1.Rule_hold || r.GetAction() == moderationv1.Rule_flag) {
			return r.GetRule()
		}
	}
	if len(reasons) > 0 {
		return reasons[0].GetRule()
	}
	return ""
}
