package entstore

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

func reviewProto(row *ent.ModerationReview) (*moderationv1.Review, error) {
	reasons, err := reasonsProto(row.Reasons)
	if err != nil {
		return nil, fmt.Errorf("reasons of %s: %w", row.ID, err)
	}
	return &moderationv1.Review{
		ApplicationId:  row.ApplicationID,
		MessageId:      row.ID.String(),
		ConversationId: row.ConversationID.String(),
		SenderId:       row.SenderSubject,
		Content:        row.Content,
		Status:         moderationv1.Verdict_Status(moderationv1.Verdict_Status_value[row.Status]),
		Reasons:        reasons,
		CreatedAt:      timeProto(&row.CreatedAt),
		ReviewedBy:     row.DecidedBy,
		ReviewedAt:     timeProto(row.DecidedAt),
		Note:           row.Note,
		Appeal:         row.Appeal,
		AppealedAt:     timeProto(row.AppealedAt),
		RulesVersion:   row.RulesVersion,
		IsPublished:    row.IsPublished,
	}, nil
}

func reviewsProto(rows []*ent.ModerationReview) ([]*moderationv1.Review, error) {
	list := make([]*moderationv1.Review, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = reviewProto(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// reasonsBytes writes reasons as they are kept: as a Verdict that says nothing else.
func reasonsBytes(reasons []*moderationv1.Reason) ([]byte, error) {
	return proto.Marshal(&moderationv1.Verdict{Reasons: reasons})
}

func reasonsProto(kept []byte) ([]*moderationv1.Reason, error) {
	verdict := &moderationv1.Verdict{}
	err := proto.Unmarshal(kept, verdict)
	return verdict.GetReasons(), err
}

func logEntryProto(row *ent.ModerationLogEntry) *moderationv1.LogEntry {
	entry := &moderationv1.LogEntry{
		Id:           row.ID.String(),
		At:           timeProto(&row.CreatedAt),
		Action:       row.Action,
		UserId:       row.Subject,
		RulesVersion: row.RulesVersion,
		Note:         row.Note,
	}
	if row.MessageID != nil {
		entry.MessageId = row.MessageID.String()
	}
	return entry
}

// timeProto is a time of the database, in microseconds, as callers get it; nil where there is none.
func timeProto(micro *int64) *timestamppb.Timestamp {
	if micro == nil {
		return nil
	}
	return timestamppb.New(time.UnixMicro(*micro))
}

// micros is a time of a caller as the database keeps it; nil where there is none.
func micros(t *timestamppb.Timestamp) *int64 {
	if t == nil {
		return nil
	}
	micro := t.AsTime().UnixMicro()
	return &micro
}
