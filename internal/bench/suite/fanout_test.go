package suite_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
)

const (
	members = 1000
	// onTheirWay is how many messages to all of them are under way at once.
	onTheirWay = 4
)

// toAThousand compares a group of a thousand who are all connected with a broker that is told to publish to as many.
func toAThousand(t *testing.T, r *report) {
	bare := fanOut(t)
	for _, way := range []struct {
		delivery string
		name     string
		least    float64
	}{
		{"conversation", "on its topic", 0.7},
		{"inbox", "by inbox", 0.35},
	} {
		palabre := testenv.StartProcess(t, delivering(t, way.delivery))
		result := load(t, palabre, bench.Config{
			Over: bench.OverMQTT, Senders: onTheirWay, Conversations: 1, Receivers: members - onTheirWay, AwaitReceivers: true,
		})
		palabre.Stop()
		r.add(row{
			what:   fmt.Sprintf("a group of %d connected members, %s, deliveries", members, way.name),
			figure: rate(result.ReceivedPerSecond), raw: "the broker's own " + rate(bare), ratio: ratio(result.ReceivedPerSecond, bare),
			goal: fmt.Sprintf("≥ %.2f×", way.least), reached: result.ReceivedPerSecond >= way.least*bare,
			beyond: result.ReceivedPerSecond > bare,
		})
	}
}

// delivering is a configuration that publishes a group's events in one way.
func delivering(t *testing.T, delivery string) app.Config {
	t.Helper()
	c := configuration(t, "")
	application := c.Applications[testenv.App]
	application.GroupDelivery = delivery
	c.Applications[testenv.App] = application
	return c
}

// fanOut is how many deliveries a second the broker makes of what is published to a thousand subscribers.
func fanOut(t *testing.T) float64 {
	t.Helper()
	const topic = "chat/conversation/c1"
	b := startBroker(t)
	return publishToAll(t, func(hear func([]byte)) {
		for i := range members {
			b.person(fmt.Sprint("member-", i), hear, topic)
		}
	}, b.gateway(nil), topic)
}

// publishToAll publishes to subscribers with a few messages on their way at once, and answers the deliveries a second.
func publishToAll(t *testing.T, subscribe func(hear func([]byte)), gateway paho.Client, topic string) float64 {
	t.Helper()
	var deliveries atomic.Int64
	round := make(chan struct{}, onTheirWay)
	subscribe(func([]byte) {
		if deliveries.Add(1)%members == 0 {
			round <- struct{}{}
		}
	})
	payload := strings.Repeat("x", 800)
	publish := func() { gateway.Publish(topic, 1, false, payload) }
	for range onTheirWay {
		publish()
	}
	began, before := time.Now(), deliveries.Load()
	for time.Since(began) < *duration {
		<-round
		publish()
	}
	seconds, made := time.Since(began).Seconds(), deliveries.Load()-before
	for range onTheirWay {
		<-round
	}
	return float64(made) / seconds
}
