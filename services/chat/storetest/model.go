package storetest

import (
	"cmp"
	"slices"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// model is what lists, unread counts and statuses have to be, computed from everything that happened in the most
// simple-minded way.
type model struct{ conversations []*modelConversation }

type modelConversation struct {
	id       string
	pinned   bool
	activity time.Time
	members  map[string]*modelMember
	messages []*modelMessage
	// waiting are messages that a moderator has to look at, the oldest first: they count nowhere.
	waiting []*chatv1.Message
}

// modelMember is someone in a conversation; the seqs are those they read and received explicitly.
type modelMember struct{ read, delivered int }

type modelMessage struct {
	id, sender      string
	read, delivered bool
}

func (c *modelConversation) send(m *chatv1.Message) {
	c.messages = append(c.messages, &modelMessage{id: m.GetId(), sender: m.GetSenderId()})
	c.activity = m.GetCreatedAt().AsTime()
}

// publish gives a message that waited its place, at a time.
func (c *modelConversation) publish(m *chatv1.Message, at time.Time) {
	c.send(m)
	c.activity = at
}

// join brings someone in with everything behind them.
func (c *modelConversation) join(who string) {
	c.members[who] = &modelMember{read: len(c.messages), delivered: len(c.messages)}
}

func (c *modelConversation) leave(who string) {
	left := c.members[who]
	delete(c.members, who)
	c.mark(left, modelMember{len(c.messages), len(c.messages)}, who)
}

func (c *modelConversation) advance(who string, kind chat.ReceiptKind, seq int) {
	p := c.members[who]
	before := *p
	p.delivered = max(p.delivered, seq)
	if kind == chat.Read {
		p.read = max(p.read, seq)
	}
	c.mark(&before, *p, who)
}

// mark marks the messages of others that one who has got further was the last to have.
func (c *modelConversation) mark(before *modelMember, after modelMember, who string) {
	for i, m := range c.messages {
		seq := i + 1
		if m.sender == who {
			continue
		}
		if seq > before.delivered && seq <= after.delivered {
			m.delivered = m.delivered || c.everyoneHas(m, func(p *modelMember) bool { return p.delivered >= seq })
		}
		if seq > before.read && seq <= after.read {
			m.read = m.read || c.everyoneHas(m, func(p *modelMember) bool { return p.read >= seq })
		}
	}
}

// everyoneHas says whether all but the sender have a message, and that there are any.
func (c *modelConversation) everyoneHas(m *modelMessage, has func(*modelMember) bool) bool {
	others := 0
	for who, p := range c.members {
		if who == m.sender {
			continue
		}
		if !has(p) {
			return false
		}
		others++
	}
	return others > 0
}

func (c *modelConversation) unread(who string) int {
	n := 0
	for i, m := range c.messages {
		if i+1 > c.members[who].read && m.sender != who {
			n++
		}
	}
	return n
}

func (m *modelMessage) status() chatv1.Message_Status {
	switch {
	case m.read:
		return chatv1.Message_read
	case m.delivered:
		return chatv1.Message_delivered
	default:
		return chatv1.Message_sent
	}
}

// list is someone's list.
func (m *model) list(who string) []*modelConversation {
	var list []*modelConversation
	for _, c := range m.conversations {
		if c.members[who] != nil {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *modelConversation) int {
		if a.pinned != b.pinned {
			if a.pinned {
				return -1
			}
			return 1
		}
		return cmp.Or(b.activity.Compare(a.activity), cmp.Compare(b.id, a.id))
	})
	return list
}
