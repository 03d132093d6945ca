package broker

import (
	"sync"
	"sync/atomic"

	mqtt "github.com/mochi-mqtt/server/v2"
)

const (
	// worthRemembering is how many subscribers a topic must have: fewer are found as fast.
	worthRemembering = 16
	// maxRemembered is how many are remembered of all topics together, of about 50 bytes each.
	maxRemembered = 100_000
)

// subscribers answers who has subscribed to a topic. Mochi makes a map of them for each question; those of large groups are
// remembered until somebody subscribes or unsubscribes, whoever and wherever that is.
type subscribers struct {
	index   *mqtt.TopicsIndex
	changes atomic.Uint64

	mu    sync.Mutex
	known map[string][]subscriber // by topic
	asOf  uint64                  // of changes
	size  int                     // of all in known
}

// subscriber is a session that has subscribed, connected or not. The list that it is in belongs to nobody.
type subscriber struct {
	clientID    string
	qos         byte
	identifiers map[string]int // of the subscriptions, in MQTT 5
}

func newSubscribers(index *mqtt.TopicsIndex) *subscribers {
	return &subscribers{index: index, known: map[string][]subscriber{}}
}

// changed is to be called after each change.
func (s *subscribers) changed() { s.changes.Add(1) }

func (s *subscribers) of(topic string) []subscriber {
	asOf := s.changes.Load()
	if list, known := s.recall(topic, asOf); known {
		return list
	}
	found := s.index.Subscribers(topic).Subscriptions
	list := make([]subscriber, 0, len(found))
	for id, sub := range found {
		list = append(list, subscriber{id, sub.Qos, sub.Identifiers})
	}
	if len(list) >= worthRemembering {
		s.remember(topic, list, asOf)
	}
	return list
}

func (s *subscribers) recall(topic string, asOf uint64) (list []subscriber, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asOf == asOf {
		list, known = s.known[topic]
	}
	return list, known
}

// remember keeps what was found when there had been so many changes, unless others have found something newer.
func (s *subscribers) remember(topic string, list []subscriber, asOf uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asOf > asOf {
		return
	}
	if s.asOf < asOf || s.size+len(list) > maxRemembered {
		clear(s.known)
		s.asOf, s.size = asOf, 0
	}
	s.size += len(list) - len(s.known[topic])
	s.known[topic] = list
}
