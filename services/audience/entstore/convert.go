package entstore

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

func userProto(row *ent.User) *audiencev1.User {
	return &audiencev1.User{
		UserId:     row.UserID,
		Name:       row.Name,
		Role:       row.Role,
		EntityId:   row.EntityID,
		EntityName: row.EntityName,
		CreatedAt:  timestamppb.New(time.UnixMicro(row.CreatedAt)),
	}
}

func audienceProto(row *ent.Audience, targets []*ent.AudienceTarget) *audiencev1.Audience {
	a := &audiencev1.Audience{ConversationId: row.ID.String(), AuthorId: row.AuthorID, Everyone: row.Everyone}
	for _, t := range targets {
		a.Targets = append(a.Targets, targetProto(t))
	}
	return a
}

func targetProto(row *ent.AudienceTarget) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{
		Id:             row.ID.String(),
		ConversationId: row.ConversationID.String(),
		TargetType:     audiencev1.AudienceTarget_TargetType(audiencev1.AudienceTarget_TargetType_value[row.TargetType]),
		TargetId:       row.TargetID,
		RoleFilter:     row.RoleFilter,
		EntityFilter:   row.EntityFilter,
		CreatedAt:      timestamp(row.CreatedAt),
	}
}

// timestamp is a time of the database, in microseconds, as callers get it.
func timestamp(micro int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micro)) }
