package entstore

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// rulesBytes writes rules as they are kept: without what the row says of them.
func rulesBytes(rules *moderationv1.Rules) ([]byte, error) {
	kept := proto.CloneOf(rules)
	kept.Version, kept.UpdatedAt, kept.UpdatedBy = 0, nil, ""
	content, err := proto.Marshal(kept)
	if content == nil {
		content = []byte{} // Rules that say nothing are no NULL.
	}
	return content, err
}

func rulesProto(row *ent.ModerationRuleSet) (*moderationv1.Rules, error) {
	rules := &moderationv1.Rules{}
	if err := proto.Unmarshal(row.Rules, rules); err != nil {
		return nil, fmt.Errorf("rules %d of %s: %w", row.Version, row.ApplicationID, err)
	}
	rules.Version, rules.UpdatedAt, rules.UpdatedBy = row.Version, timestamp(row.CreatedAt), row.CreatedBy
	return rules, nil
}

// timestamp is a time of the database, in microseconds, as callers get it.
func timestamp(micro int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micro)) }
