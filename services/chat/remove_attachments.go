package chat

import (
	"context"
	"fmt"
	"time"
)

const (
	// removePoll is how often to look for files to remove, and removedAtOnce how many are removed at once.
	removePoll    = time.Second
	removedAtOnce = 100
	// removeGrace is how long after its time a file is still left alone: a message that was being stored with it is by then,
	// and the clocks of processes may differ.
	removeGrace = time.Minute
)

// removeAttachments removes files whose time is over: those that nobody sent, and those of messages and conversations that
// were deleted. Their bytes go first, then their rows, so that nothing is left without a row whenever this is broken off.
func (s *Service) removeAttachments(ctx context.Context) error {
	if s.blobs == nil {
		<-ctx.Done()
		return nil
	}
	for {
		n, err := s.removeSome(ctx)
		if err != nil {
			return err
		}
		if n == removedAtOnce {
			continue
		}
		if err := giveWay(ctx, removePoll); err != nil {
			return err
		}
	}
}

func (s *Service) removeSome(ctx context.Context) (int, error) {
	list, err := s.store.ListRemovable(ctx, s.now().Add(-removeGrace), removedAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for _, a := range list {
		if err := s.blobs.Delete(ctx, a.key()); err != nil {
			return 0, fmt.Errorf("attachment %s: %w", a.File.GetId(), err)
		}
	}
	if err := s.store.DeleteAttachments(ctx, list); err != nil {
		return 0, err
	}
	s.attachmentMetrics.removed.Add(float64(len(list)))
	return len(list), nil
}
