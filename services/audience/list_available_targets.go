package audience

import (
	"cmp"
	"context"
	"maps"
	"slices"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// ListAvailableTargets answers what the caller may address an announcement to: everyone, each role, each entity and each
// role of each entity, or the last two of their own entity where they are admin of one. Targets that would reach nobody are
// left out, but for everyone and the caller's entity.
func (s *Service) ListAvailableTargets(ctx context.Context, _ *audiencev1.ListAvailableTargetsRequest) (*audiencev1.ListAvailableTargetsResponse, error) {
	in, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.announces(ctx); err != nil {
		return nil, err
	}
	counts, err := s.store.CountUsers(ctx, in.applicationID, in.entityID)
	if err != nil {
		return nil, err
	}
	names := targetNames{counts.EntityNames, s.roles[in.applicationID], inFrench(ctx)}
	return &audiencev1.ListAvailableTargetsResponse{Targets: available(in, counts.Users, names)}, nil
}

// available answers targets from the widest to the narrowest, those of a type by name.
func available(in scope, counted map[Selection]int64, names targetNames) []*audiencev1.AvailableTarget {
	users := widened(counted)
	// They are there even when nobody is in them.
	users[Selection{EntityID: in.entityID}] += 0
	var targets []*audiencev1.AvailableTarget
	for s, count := range users {
		if in.confine(s) == nil {
			targets = append(targets, &audiencev1.AvailableTarget{Target: targetOf(s), Name: names.of(s), UserCount: count})
		}
	}
	slices.SortFunc(targets, func(a, b *audiencev1.AvailableTarget) int {
		return cmp.Or(
			cmp.Compare(width(a), width(b)),
			cmp.Compare(a.GetName(), b.GetName()),
			cmp.Compare(a.GetTarget().GetEntityFilter(), b.GetTarget().GetEntityFilter()),
			cmp.Compare(a.GetTarget().GetRoleFilter(), b.GetTarget().GetRoleFilter()))
	})
	return targets
}

// widened adds to how many users have exactly a role and an entity how many have the one or the other, and how many there
// are. Users without role or entity are chosen by wider targets only.
func widened(counted map[Selection]int64) map[Selection]int64 {
	users := maps.Clone(counted)
	maps.DeleteFunc(users, func(s Selection, _ int64) bool { return s.Role == "" || s.EntityID == "" })
	for s, count := range counted {
		if s.Role != "" {
			users[Selection{Role: s.Role}] += count
		}
		if s.EntityID != "" {
			users[Selection{EntityID: s.EntityID}] += count
		}
		users[Selection{}] += count
	}
	return users
}

// targetOf is the target that chooses a selection, as it is kept.
func targetOf(s Selection) *audiencev1.AudienceTarget {
	t := &audiencev1.AudienceTarget{
		RoleFilter:   cmp.Or(s.Role, Everyone),
		EntityFilter: cmp.Or(s.EntityID, Everyone),
	}
	switch {
	case s == Selection{}:
		t.TargetType = audiencev1.AudienceTarget_all
	case s.EntityID == "":
		t.TargetType, t.TargetId = audiencev1.AudienceTarget_role, s.Role
	case s.Role == "":
		t.TargetType, t.TargetId = audiencev1.AudienceTarget_entity, s.EntityID
	default:
		t.TargetType = audiencev1.AudienceTarget_combined
	}
	return t
}

// width orders the types of targets.
func width(t *audiencev1.AvailableTarget) int {
	return slices.Index([]audiencev1.AudienceTarget_TargetType{
		audiencev1.AudienceTarget_all,
		audiencev1.AudienceTarget_role,
		audiencev1.AudienceTarget_entity,
		audiencev1.AudienceTarget_combined,
	}, t.GetTarget().GetTargetType())
}

// targetNames calls targets something that people know.
type targetNames struct {
	entities map[string]string
	roles    Roles
	french   bool
}

func (n targetNames) of(s Selection) string {
	entity := cmp.Or(n.entities[s.EntityID], s.EntityID)
	switch {
	case s == Selection{}:
		return everyoneWords.in(n.french)
	case s.EntityID == "":
		return n.roles.name(s.Role, n.french)
	case s.Role == "":
		return entity
	}
	return entity + " – " + n.roles.name(s.Role, n.french)
}
