package chat

import (
	"context"
	"maps"
	"slices"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/presence"
)

// closeCircle is the largest conversation all of whose members are told. Of a wider one those are who are online: a publish
// for each of the others would reach nobody.
const closeCircle = 50

// presenceAudiences answers who is told of which of the news: everyone who shares a conversation with them, themselves
// left out.
func (s *Service) presenceAudiences(ctx context.Context, applicationID string, news []presence.State) ([]*chatv1.PresenceAudience, error) {
	place := make(map[string]int32, len(news))
	for i, state := range news {
		place[state.User.Subject] = int32(i)
	}
	circles, err := s.store.ListCompanions(ctx, applicationID, slices.Collect(maps.Keys(place)))
	if err != nil {
		return nil, err
	}
	online, err := s.onlineIn(ctx, applicationID, circles)
	if err != nil {
		return nil, err
	}
	told := map[string][]int32{}
	for _, circle := range circles {
		concerned := placesOf(circle, place)
		for _, member := range circle {
			if len(circle) <= closeCircle || online[member] {
				told[member] = append(told[member], concerned...)
			}
		}
	}
	return audiences(told, place), nil
}

// placesOf answers the places of those members of a circle whom there is news of.
func placesOf(circle []string, place map[string]int32) []int32 {
	var places []int32
	for _, member := range circle {
		if p, concerned := place[member]; concerned {
			places = append(places, p)
		}
	}
	return places
}

// onlineIn answers who of the wide circles is online.
func (s *Service) onlineIn(ctx context.Context, applicationID string, circles [][]string) (map[string]bool, error) {
	online := map[string]bool{}
	for _, circle := range circles {
		if len(circle) > closeCircle {
			for _, member := range circle {
				online[member] = false
			}
		}
	}
	states, err := s.presence.Look(ctx, usersOf(applicationID, slices.Collect(maps.Keys(online))))
	for _, state := range states {
		online[state.User.Subject] = state.Online
	}
	return online, err
}

// audiences are those who are told of someone, each place once and their own left out.
func audiences(told map[string][]int32, place map[string]int32) []*chatv1.PresenceAudience {
	list := make([]*chatv1.PresenceAudience, 0, len(told))
	for member, places := range told {
		slices.Sort(places)
		places = slices.Compact(places)
		if own, concerned := place[member]; concerned {
			places = slices.DeleteFunc(places, func(p int32) bool { return p == own })
		}
		if len(places) > 0 {
			list = append(list, &chatv1.PresenceAudience{UserId: member, Places: places})
		}
	}
	return list
}
