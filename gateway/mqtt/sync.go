package mqttgw

import (
	"context"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// maxSync is how many bytes an answer to a sync has at most, unless one event alone has more. Phones read it in one piece.
const maxSync = 48 << 10

// sync is {prefix}/user/{user}/sync.
func (u *uplink) sync(d *delivery) (proto.Message, string, error) {
	payload := new(chatv1.SyncPayload)
	if err := decode(d.payload, payload); err != nil {
		return d.poison(err)
	}
	if err := u.awaitStream(); err != nil {
		return nil, "", err
	}
	var page *chatv1.ListEventsResponse
	err := u.call(d, func(ctx context.Context) (err error) {
		page, err = u.chat.ListEvents(ctx, &chatv1.ListEventsRequest{AfterCursor: payload.GetCursor(), Limit: payload.GetLimit()})
		return err
	})
	if err != nil {
		return d.refused(err, map[string]string{"afterCursor": "cursor"})
	}
	ack := &chatv1.SyncAck{
		RequestId: payload.GetRequestId(),
		Status:    chatv1.SyncAck_synced,
		Events:    page.GetEvents(),
		Cursor:    page.GetCursor(),
		More:      page.GetMore(),
	}
	if page.GetStatus() == chatv1.ListEventsResponse_resync {
		ack.Status = chatv1.SyncAck_resync
	}
	cut(ack)
	return ack, resultAccepted, nil
}

// awaitStream waits until what happens from now on is published: what happens after the answer to a sync and before that,
// the client would not hear of. An error says that the gateway stops.
func (u *uplink) awaitStream() error {
	if u.streaming == nil {
		return nil
	}
	select {
	case <-u.streaming:
		return nil
	case <-u.ctx.Done():
		return errStopped
	}
}

// cut leaves away the last events of an answer that is too large, and makes it say that there are more.
func cut(ack *chatv1.SyncAck) {
	size := len(ack.GetRequestId()) + 200 // what is around the events
	for i, event := range ack.GetEvents() {
		text, err := encode(event)
		size += len(text) + len(",")
		if i == 0 || err == nil && size <= maxSync {
			continue
		}
		ack.Events = ack.GetEvents()[:i]
		ack.Cursor = ack.GetEvents()[i-1].GetCursor()
		ack.More = true
		return
	}
}
