package entstore

import (
	"cmp"
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/audiencetarget"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/services/audience"
)

// ListUserAudiences implements audience.Store. A user passes four pairs of filters at most. Each is a stretch of the index
// that is in order already, so that the page costs the same however many announcements there are; asked for all four at
// once, no database would read them so.
func (s *Store) ListUserAudiences(ctx context.Context, q audience.UserAudiencesQuery) ([]*audiencev1.UserAudience, error) {
	var targets []*ent.AudienceTarget
	for _, entity := range passed(q.EntityID) {
		for _, role := range passed(q.Role) {
			some, err := s.addressing(ctx, q, entity, role)
			if err != nil {
				return nil, err
			}
			targets = append(targets, some...)
		}
	}
	return newest(targets, q.Limit), nil
}

// passed are the filters that let an id pass.
func passed(id string) []string {
	if id == "" || id == audience.Everyone {
		return []string{audience.Everyone}
	}
	return []string{audience.Everyone, id}
}

// addressing answers the targets with two filters, those of the newest announcements first.
func (s *Store) addressing(ctx context.Context, q audience.UserAudiencesQuery, entity, role string) (targets []*ent.AudienceTarget, err error) {
	where := s.read.AudienceTarget.Query().Where(
		audiencetarget.ApplicationID(q.ApplicationID), audiencetarget.EntityFilter(entity), audiencetarget.RoleFilter(role))
	if before, err := uuid.Parse(q.Before); err == nil {
		where.Where(audiencetarget.ConversationIDLT(before))
	}
	err = retry("list user audiences", func() (err error) {
		targets, err = where.Clone().
			Order(audiencetarget.ByConversationID(sql.OrderDesc())).
			Limit(q.Limit).
			Select(audiencetarget.FieldID, audiencetarget.FieldConversationID).
			All(ctx)
		return err
	})
	return targets, err
}

// newest answers the announcements of targets, each once, the newest first.
func newest(targets []*ent.AudienceTarget, limit int) []*audiencev1.UserAudience {
	slices.SortFunc(targets, func(a, b *ent.AudienceTarget) int {
		return cmp.Or(cmp.Compare(b.ConversationID.String(), a.ConversationID.String()), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	targets = slices.CompactFunc(targets, func(a, b *ent.AudienceTarget) bool { return a.ConversationID == b.ConversationID })
	audiences := make([]*audiencev1.UserAudience, min(limit, len(targets)))
	for i := range audiences {
		audiences[i] = &audiencev1.UserAudience{ConversationId: targets[i].ConversationID.String(), TargetId: targets[i].ID.String()}
	}
	return audiences
}
