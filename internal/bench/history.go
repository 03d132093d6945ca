package bench

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// historyPage is how many messages are read at once.
const historyPage = 200

// verifyHistory reads what a conversation got during the run, and holds it to what was acknowledged.
func verifyHistory(ctx context.Context, calls *grpcCalls, of *conversation, check *tally) error {
	kept := newLedger(1, of.seq)
	kept.acknowledged = of.ledger.acknowledged
	kept.recent = of.ledger.recent
	for after := of.seq; ; {
		page, err := calls.chat().ListMessages(as(ctx, of.reader), &chatv1.ListMessagesRequest{
			ConversationId: of.id, AfterSeq: &after, Limit: historyPage,
		})
		if err != nil {
			return fmt.Errorf("read the history: %w", refusalOf(err))
		}
		for _, m := range page.GetMessages() {
			check.count(kept.arrive(0, arrival{seq: m.GetSeq(), message: m.GetId()}))
			after = m.GetSeq()
		}
		if page.GetNextPageToken() == "" {
			check.lost.Add(kept.lost())
			return nil
		}
	}
}

// fillAtOnce is how many messages are written at the same time.
const fillAtOnce = 128

// fill writes the messages that a conversation lacks to have as many as it should.
func fill(ctx context.Context, c Config, calls *grpcCalls, of *conversation) error {
	group, filling := errgroup.WithContext(ctx)
	group.SetLimit(fillAtOnce)
	send, err := calls.caller(ctx, of.reader, content(c))
	if err != nil {
		return err
	}
	name := newName()
	for n := of.seq + 1; n <= int64(c.Messages) && filling.Err() == nil; n++ {
		group.Go(func() error {
			_, err := send(filling, of, fmt.Sprintf("fill-%s-%d", name, n))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	of.seq = max(of.seq, int64(c.Messages))
	return ctx.Err()
}
