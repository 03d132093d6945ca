package mqttgw

import "container/list"

// memberCache keeps the members of the conversations asked for last, within a limit on the members of all of them.
type memberCache struct {
	limit  int
	weight int
	recent *list.List // of *cachedMembers, the one asked for last first
	byKey  map[conversation]*list.Element
}

type cachedMembers struct {
	key     conversation
	members *members
}

// weight counts a conversation without members, too.
func (c *cachedMembers) weight() int { return 1 + len(c.members.subjects) }

func newMemberCache(limit int) *memberCache {
	return &memberCache{limit: limit, recent: list.New(), byKey: map[conversation]*list.Element{}}
}

// get answers nil for a conversation that is not there.
func (c *memberCache) get(key conversation) *members {
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return entry(e).members
}

// put adds a conversation, and takes away those not asked for the longest while there are too many.
func (c *memberCache) put(key conversation, m *members) {
	c.remove(key)
	added := &cachedMembers{key, m}
	c.byKey[key] = c.recent.PushFront(added)
	c.weight += added.weight()
	for c.weight > c.limit && c.recent.Len() > 1 {
		c.remove(entry(c.recent.Back()).key)
	}
}

func (c *memberCache) remove(key conversation) {
	if e, ok := c.byKey[key]; ok {
		c.recent.Remove(e)
		delete(c.byKey, key)
		c.weight -= entry(e).weight()
	}
}

func entry(e *list.Element) *cachedMembers {
	m, _ := e.Value.(*cachedMembers) // nothing else is put there
	return m
}
