package mqttgw

import (
	"context"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// acknowledge tells the service how far the events are done, now and then, until the context ends.
func (d *downlink) acknowledge(ctx context.Context) {
	ticker := time.NewTicker(d.limits.AcknowledgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-d.window.advanced:
		case <-ctx.Done():
			return
		}
		d.acknowledgeNow(ctx)
	}
}

// acknowledgeNow tells the service if there is something new. What it did not take in it is told the next time.
func (d *downlink) acknowledgeNow(ctx context.Context) {
	done := d.window.progress.Load()
	if done.cursor == d.acknowledged {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d.limits.CallTimeout)
	defer cancel()
	as := auth.ActAs(ctx, auth.Principal{Kind: auth.KindPeer, Peer: component})
	_, err := d.chat.AcknowledgeEvents(as, &chatv1.AcknowledgeEventsRequest{Consumer: d.consumer, Cursor: done.cursor})
	if err != nil {
		if ctx.Err() == nil {
			d.log.WarnContext(ctx, "events could not be acknowledged", "cursor", done.cursor, "error", err)
		}
		return
	}
	d.acknowledged = done.cursor
}
