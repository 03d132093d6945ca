package chat

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// handedAtOnce is how many users an event is handed on to in one transaction: few enough that a gateway publishes them
	// within the time that other messages may wait behind them.
	handedAtOnce = 500
	// deliveriesAtOnce is how many announcements take turns.
	deliveriesAtOnce = 16
	// deliveriesPoll is how often to look for announcements that other processes stored.
	deliveriesPoll = 500 * time.Millisecond
)

// deliverAnnouncements hands the events of announcements on to their audiences, some users of each at a time, so that a
// small audience does not wait for a large one. What is done is kept with what was handed on, in one transaction: broken
// off at any point, it goes on from there.
func (s *Service) deliverAnnouncements(ctx context.Context) error {
	for {
		rung := s.announced.Next()
		pending, err := s.store.ListDeliveries(ctx, deliveriesAtOnce)
		if err != nil {
			return err
		}
		for _, d := range pending {
			if err := s.handOn(ctx, d); err != nil {
				return err
			}
		}
		if len(pending) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(deliveriesPoll):
		case <-rung:
		}
	}
}

// handOn hands an event on to the next users of the audience, or keeps that there are none.
func (s *Service) handOn(ctx context.Context, d Delivery) error {
	members, err := s.store.ListSubjects(ctx, d.ApplicationID, d.ConversationID)
	if err != nil {
		return err
	}
	if members.ForEveryone {
		// There is a topic that all of them listen to.
		count, err := s.audienceCount(ctx, d)
		if err != nil {
			return err
		}
		return s.store.FinishDelivery(ctx, d.Position, count)
	}
	users, err := s.nextOfAudience(ctx, d)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		var handed bool
		if d, handed, err = s.store.HandOn(ctx, d, users); err != nil || !handed {
			return err
		}
	}
	if len(users) < handedAtOnce {
		return s.store.FinishDelivery(ctx, d.Position, d.PublishedCount)
	}
	return nil
}

// nextOfAudience answers the users after those it was handed on to.
func (s *Service) nextOfAudience(ctx context.Context, d Delivery) ([]string, error) {
	ctx, cancel := context.WithCancel(asComponent(ctx, d.ApplicationID))
	defer cancel()
	stream, err := s.audience.ResolveAudience(ctx, &audiencev1.ResolveAudienceRequest{
		ConversationId: d.ConversationID, AfterUserId: d.AfterUserID, PageSize: handedAtOnce,
	})
	if err != nil {
		return nil, err
	}
	page, err := stream.Recv()
	if errors.Is(err, io.EOF) || rpcerr.Code(err) == codes.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	users := make([]string, len(page.GetUsers()))
	for i, u := range page.GetUsers() {
		users[i] = u.GetUserId()
	}
	return users, nil
}

// audienceCount is how many users an announcement is addressed to now.
func (s *Service) audienceCount(ctx context.Context, d Delivery) (int64, error) {
	backEnd := auth.ActAs(ctx, auth.Principal{ApplicationID: d.ApplicationID, Kind: auth.KindService, Peer: "chat"})
	stats, err := s.audience.AnnouncementStats(backEnd, &audiencev1.AnnouncementStatsRequest{Id: d.ConversationID, Limit: 1})
	if rpcerr.Code(err) == codes.NotFound {
		return 0, nil
	}
	return stats.GetAudienceCount(), err
}
