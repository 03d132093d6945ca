package testenv

import (
	"fmt"
	"maps"
	"slices"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// takes takes what arrives.
func (p *Phone) takes(m mqtt.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m.Topic() {
	case p.topic("acks"):
		p.takesAck(m.Payload())
	case p.topic("messages"):
		e := new(chatv1.Event)
		if err := protojson.Unmarshal(m.Payload(), e); err != nil {
			p.t.Errorf("%s: %v in %s", p.ID, err, m.Payload())
			return
		}
		p.takesEvent(e)
	}
}

func (p *Phone) takesAck(payload []byte) {
	loose := protojson.UnmarshalOptions{DiscardUnknown: true}
	sync, send := new(chatv1.SyncAck), new(chatv1.SendAck)
	if loose.Unmarshal(payload, sync) == nil && sync.GetRequestId() != "" {
		for _, e := range sync.GetEvents() {
			p.takesEvent(e)
		}
		p.cursor = sync.GetCursor()
		if sync.GetMore() {
			p.says("sync", &chatv1.SyncPayload{RequestId: uuid.NewString(), Cursor: p.cursor})
		} else {
			p.synced++
		}
		return
	}
	if err := loose.Unmarshal(payload, send); err != nil {
		p.t.Errorf("%s: %v in %s", p.ID, err, payload)
		return
	}
	if send.GetStatus() != chatv1.SendAck_sent {
		p.t.Errorf("%s: the ack is %v", p.ID, send)
	}
	p.acks[send.GetClientMessageId()] = send
	p.unsent = slices.DeleteFunc(p.unsent, func(s *chatv1.SendPayload) bool {
		return s.GetClientMessageId() == send.GetClientMessageId()
	})
}

// takesEvent takes an event, unless the phone has it. Its cursor is that of the last sync: between what came live and what
// was missed there may be gaps.
func (p *Phone) takesEvent(e *chatv1.Event) {
	p.events[e.GetEventId()]++
	m := e.GetMessage()
	if p.events[e.GetEventId()] > 1 || e.GetEvent() != "message.created" {
		return
	}
	of := p.messages[e.GetConversationId()]
	if of == nil {
		of = map[int64]*chatv1.Message{}
		p.messages[e.GetConversationId()] = of
	}
	if had := of[m.GetSeq()]; had != nil {
		p.t.Errorf("%s: seq %d is %q, and %q under another eventId", p.ID, m.GetSeq(), had.GetContent(), m.GetContent())
	}
	of[m.GetSeq()] = m
}

// Awaits waits until something holds of the phone.
func (p *Phone) Awaits(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(3 * Patience)
	for {
		p.mu.Lock()
		done, logged := holds(), slices.Clone(p.logged)
		p.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: %s does not come; its connections ended thus: %q", p.ID, what, logged)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// AwaitsAcks waits until all that the phone has written is acknowledged, and answers the acks by clientMessageId.
func (p *Phone) AwaitsAcks() map[string]*chatv1.SendAck {
	p.t.Helper()
	p.Awaits("an ack of all", func() bool { return len(p.unsent) == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.acks)
}

// AwaitsMessages waits until the phone has so many messages of a conversation, and answers their contents in the order of
// their seq, which has no gaps.
func (p *Phone) AwaitsMessages(conversationID string, count int) []string {
	p.t.Helper()
	p.Awaits(fmt.Sprint(count, " messages"), func() bool { return len(p.messages[conversationID]) >= count })
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.messages[conversationID]
	contents := make([]string, 0, len(of))
	for seq := int64(1); seq <= int64(len(of)); seq++ {
		if of[seq] == nil {
			p.t.Errorf("%s: there is no seq %d among %d messages", p.ID, seq, len(of))
		}
		contents = append(contents, of[seq].GetContent())
	}
	return contents
}

// Acked is how many of its messages are acknowledged so far.
func (p *Phone) Acked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acks)
}

// Synced is how often the phone was told that it has everything.
func (p *Phone) Synced() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.synced
}

// Repeats is how many events came more often than once.
func (p *Phone) Repeats() (count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, times := range p.events {
		if times > 1 {
			count++
		}
	}
	return count
}
