package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/presence"
)

// tellPresence tells the watchers of this process of who comes and goes, until the context ends. Every process does, as
// each has watchers of its own. Changes are gathered, so that a group of 1,000 whose network comes back is told of in one
// digest.
func (s *Service) tellPresence(ctx context.Context) {
	attendance := newAttendance(s.presenceTiming.Return)
	ticker := time.NewTicker(s.presenceTiming.Digest)
	defer ticker.Stop()
	for ctx.Err() == nil {
		// At first that says from when on changes are of interest. An error is logged by whoever knows why.
		changes, err := s.presence.Changes(ctx)
		if err == nil {
			s.tellNews(ctx, attendance.settle(changes, s.now()))
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// tellNews tells the watchers, if there is something to tell and someone to be told.
func (s *Service) tellNews(ctx context.Context, news []presence.State) {
	if len(news) == 0 || s.watchers.none() {
		return
	}
	if err := s.tellCompanions(ctx, news); err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "people were not told of who came and went", "error", err)
	}
}

// attendance is who is there as far as it was told. That someone went is kept back until it shows whether they come back at
// once, as after a lost connection.
type attendance struct {
	grace time.Duration
	here  map[presence.User]struct{}
	gone  map[presence.User]departure
}

type departure struct {
	at    time.Time
	state presence.State
}

func newAttendance(grace time.Duration) attendance {
	return attendance{grace, map[presence.User]struct{}{}, map[presence.User]departure{}}
}

// settle takes changes, and answers what is to be told.
func (a attendance) settle(changes []presence.State, now time.Time) (news []presence.State) {
	for _, state := range changes {
		if !state.Online {
			a.gone[state.User] = departure{now, state}
			continue
		}
		delete(a.gone, state.User)
		if _, told := a.here[state.User]; !told {
			a.here[state.User] = struct{}{}
			news = append(news, state)
		}
	}
	for user, departure := range a.gone {
		if now.Sub(departure.at) >= a.grace {
			delete(a.gone, user)
			delete(a.here, user)
			news = append(news, departure.state)
		}
	}
	return news
}

// tellCompanions tells everyone of those with whom they share a conversation.
func (s *Service) tellCompanions(ctx context.Context, news []presence.State) error {
	slices.SortFunc(news, func(a, b presence.State) int { return cmp.Compare(a.User.String(), b.User.String()) })
	for len(news) > 0 {
		application := news[0].User.ApplicationID
		end := 0
		for end < len(news) && end < maxDigest && news[end].User.ApplicationID == application {
			end++
		}
		audiences, err := s.presenceAudiences(ctx, application, news[:end])
		if err != nil {
			return err
		}
		s.tellDigest(application, news[:end], audiences)
		news = news[end:]
	}
	return nil
}

const (
	// maxDigest is how many people a digest is about.
	maxDigest = 1000
	// maxPlaces is how many words on somebody are sent to a watcher at once.
	maxPlaces = 200_000
)

// tellDigest sends a digest to the watchers, in several when it is large.
func (s *Service) tellDigest(application string, news []presence.State, audiences []*chatv1.PresenceAudience) {
	presences := make([]*chatv1.Presence, len(news))
	for i, state := range news {
		presences[i] = presenceProto(state)
	}
	for len(audiences) > 0 {
		end, places := 0, 0
		for end < len(audiences) && places < maxPlaces {
			places += len(audiences[end].GetPlaces())
			end++
		}
		s.watchers.tell(&chatv1.WatchPresenceResponse{
			ApplicationId: application, Presences: presences, Audiences: audiences[:end],
		})
		audiences = audiences[end:]
	}
}
