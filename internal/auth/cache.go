package auth

import (
	"sync"
	"time"
)

// cache keeps values until a moment of their own, and about limit of them at most. It holds two generations: a full young
// one becomes the old one, whose values are forgotten unless they were asked for in the meantime. So what is in use stays,
// and no list has to be kept in order.
type cache[K comparable, V any] struct {
	mu         sync.Mutex
	limit      int
	young, old map[K]cached[V]
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{limit: limit, young: map[K]cached[V]{}}
}

// get answers the value of a key, unless its moment has come.
func (c *cache[K, V]) get(key K, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.young[key]
	if !ok {
		if entry, ok = c.old[key]; ok {
			c.putLocked(key, entry)
		}
	}
	if !ok || !now.Before(entry.until) {
		var none V
		return none, false
	}
	return entry.value, true
}

// put keeps a value until a moment.
func (c *cache[K, V]) put(key K, value V, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putLocked(key, cached[V]{value, until})
}

func (c *cache[K, V]) putLocked(key K, entry cached[V]) {
	if len(c.young) >= c.limit/2 {
		c.old, c.young = c.young, make(map[K]cached[V], c.limit/2)
	}
	c.young[key] = entry
}
