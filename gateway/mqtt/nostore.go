package mqttgw

import (
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// noStore is a paho.Store that keeps nothing. A session is one connection, so paho has nothing to send again on another;
// yet it would, on connecting, with what was published while it connects: an answer to a message delivered before.
type noStore struct{}

var _ paho.Store = noStore{}

// Open implements paho.Store.
func (noStore) Open() {}

// Put implements paho.Store.
func (noStore) Put(string, packets.ControlPacket) {}

// Get implements paho.Store.
func (noStore) Get(string) packets.ControlPacket { return nil }

// All implements paho.Store.
func (noStore) All() []string { return nil }

// Del implements paho.Store.
func (noStore) Del(string) {}

// Close implements paho.Store.
func (noStore) Close() {}

// Reset implements paho.Store.
func (noStore) Reset() {}
