package audience

import (
	"cmp"
	"fmt"
	"slices"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
)

// Everyone is the filter that leaves nobody out. No filter at all means the same.
const Everyone = "all"

// selections answers whom the targets of a request choose.
func selections(targets []*audiencev1.AudienceTarget) ([]Selection, error) {
	chosen := make([]Selection, len(targets))
	for i, t := range targets {
		var err error
		if chosen[i], err = selection(fmt.Sprintf("targets[%d]", i), t); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

// normalized answers targets as they are kept: with both filters, and none that chooses the same users as one before it.
func normalized(targets []*audiencev1.AudienceTarget, chosen []Selection) []*audiencev1.AudienceTarget {
	var distinct []*audiencev1.AudienceTarget
	for i, t := range targets {
		if slices.Contains(chosen[:i], chosen[i]) {
			continue
		}
		distinct = append(distinct, &audiencev1.AudienceTarget{
			TargetType:   t.GetTargetType(),
			TargetId:     t.GetTargetId(),
			RoleFilter:   cmp.Or(chosen[i].Role, Everyone),
			EntityFilter: cmp.Or(chosen[i].EntityID, Everyone),
		})
	}
	return distinct
}

// chosenBy answers whom a target chooses that is as it is kept.
func chosenBy(t *audiencev1.AudienceTarget) Selection {
	return Selection{Role: unlessEveryone(t.GetRoleFilter()), EntityID: unlessEveryone(t.GetEntityFilter())}
}

// selectionsOf answers whom an announcement is addressed to.
func selectionsOf(a *audiencev1.Audience) []Selection {
	chosen := make([]Selection, len(a.GetTargets()))
	for i, t := range a.GetTargets() {
		chosen[i] = chosenBy(t)
	}
	return chosen
}

// selection answers whom a target chooses. path is what the request calls the target.
//
// Every filter that is given narrows, whatever the type. A target of the type role, entity or combined has to say which: one
// that forgot would reach the whole application.
func selection(path string, t *audiencev1.AudienceTarget) (Selection, error) {
	if err := checkIDs(path, t); err != nil {
		return Selection{}, err
	}
	switch t.GetTargetType() {
	case audiencev1.AudienceTarget_role:
		return narrowed(path, t, t.GetTargetId(), "")
	case audiencev1.AudienceTarget_entity:
		return narrowed(path, t, "", t.GetTargetId())
	}
	if id := t.GetTargetId(); id != "" && id != Everyone {
		return Selection{}, invalid(path+".targetId", "belongs to the types role and entity only")
	}
	return narrowed(path, t, "", "")
}

func checkIDs(path string, t *audiencev1.AudienceTarget) error {
	if err := checkID(path+".targetId", t.GetTargetId()); err != nil {
		return err
	}
	if err := checkID(path+".roleFilter", t.GetRoleFilter()); err != nil {
		return err
	}
	return checkID(path+".entityFilter", t.GetEntityFilter())
}

// narrowed joins the role and the entity that a target's id stands for with its filters.
func narrowed(path string, t *audiencev1.AudienceTarget, role, entity string) (s Selection, err error) {
	if s.Role, err = both(path+".roleFilter", role, t.GetRoleFilter()); err != nil {
		return Selection{}, err
	}
	if s.EntityID, err = both(path+".entityFilter", entity, t.GetEntityFilter()); err != nil {
		return Selection{}, err
	}
	return s, saysWhich(path, t)
}

// both answers the id that two filters agree on, or empty when neither leaves anybody out.
func both(field, id, filter string) (string, error) {
	id, filter = unlessEveryone(id), unlessEveryone(filter)
	if id != "" && filter != "" && id != filter {
		return "", invalid(field, "chooses others than targetId")
	}
	if id == "" {
		id = filter
	}
	return id, nil
}

func unlessEveryone(filter string) string {
	if filter == Everyone {
		return ""
	}
	return filter
}

// saysWhich answers an error for a target that lacks what its type is about. "all" is an answer too.
func saysWhich(path string, t *audiencev1.AudienceTarget) error {
	id, role, entity := t.GetTargetId(), t.GetRoleFilter(), t.GetEntityFilter()
	switch t.GetTargetType() {
	case audiencev1.AudienceTarget_role:
		if id+role == "" {
			return invalid(path+".targetId", "is missing: the role, or all")
		}
	case audiencev1.AudienceTarget_entity:
		if id+entity == "" {
			return invalid(path+".targetId", "is missing: the entity, or all")
		}
	case audiencev1.AudienceTarget_combined:
		if role+entity == "" {
			return invalid(path+".roleFilter", "is missing, as is entityFilter: one of them, or all")
		}
	}
	return nil
}
