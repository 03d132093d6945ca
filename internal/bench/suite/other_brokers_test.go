package suite_test

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

const (
	// chatting is how many conversations of two there are at brokers that others run.
	chatting = 10
	// benchName is part of the users' ids, which such brokers have to know.
	benchName = "suite"
)

// otherBroker is a broker that others run.
type otherBroker struct {
	name                     string
	link                     app.Broker
	url                      string
	tls                      *tls.Config
	at0                      bool
	gateway, gatewayPassword string
}

// throughOtherBrokers compares publish to receive, through a real Mosquitto and three nodes of NATS, with two hops of
// the broker's own.
func throughOtherBrokers(t *testing.T, r *report) {
	passwords := map[string]string{}
	for i := range chatting {
		for _, role := range []string{fmt.Sprint("s", i), fmt.Sprint("c", i, "-r0")} {
			passwords["bench-"+benchName+"-"+role] = "password-of-" + role
		}
	}
	for _, start := range []func(*testing.T, map[string]string) otherBroker{startMosquitto, startNATS} {
		b := start(t, passwords)
		palabre := testenv.StartProcess(t, b.linked(t, ""))
		for _, perSecond := range []int{50, 100} {
			b.chat(t, r, palabre, passwords, perSecond)
		}
	}
}

// linked is a configuration whose gateway is at the broker.
func (b otherBroker) linked(t *testing.T, delivery string) app.Config {
	t.Helper()
	c := delivering(t, delivery)
	c.Broker = b.link
	return c
}

// chat measures what people who talk two by two wait for.
func (b otherBroker) chat(t *testing.T, r *report, palabre *testenv.Process, passwords map[string]string, perSecond int) {
	t.Helper()
	bare := b.hops(t, passwords, perSecond)
	got := load(t, palabre, b.run(passwords, bench.Config{Senders: chatting, Receivers: 1, Rate: float64(perSecond)})).SendToReceive
	for _, of := range []struct {
		name       string
		share, got float64
	}{{"p50", 0.5, got.P50}, {"p99", 0.99, got.P99}} {
		hops := ms(quantile(bare, of.share))
		reported := row{
			what: fmt.Sprintf("publish → receive over %s, SQLite, %d/s, %s", b.name, perSecond, of.name), figure: fmt.Sprintf("%.2f ms", of.got),
			raw: fmt.Sprintf("two hops of its own %.2f ms", hops), ratio: ratio(of.got, hops),
		}
		if of.name == "p50" {
			reported.goal, reported.reached = fmt.Sprintf("≤ %.1f ms", ms(maxMedian)), of.got <= ms(maxMedian)
		}
		r.add(reported)
	}
}

// run completes a load whose clients are at the broker.
func (b otherBroker) run(passwords map[string]string, c bench.Config) bench.Config {
	c.Over, c.Name = bench.OverMQTT, benchName
	c.MQTT, c.MQTTTLS, c.SubscribeAt0 = b.url, b.tls, b.at0
	c.MQTTPassword = func(user string) string { return passwords[user] }
	return c
}

// toAThousandOnMosquitto compares a group of a thousand, told by inbox as at a broker with an ACL file, with a Mosquitto that
// is told to publish to as many.
func toAThousandOnMosquitto(t *testing.T, r *report) {
	passwords := map[string]string{}
	for i := range members {
		passwords["bench-"+benchName+fmt.Sprint("-c0-r", i)] = "password-of-one"
	}
	for i := range onTheirWay {
		passwords["bench-"+benchName+fmt.Sprint("-s", i)] = "password-of-one"
	}
	b := startMosquitto(t, passwords)
	bare := b.fanOut(t, passwords)
	result := load(t, testenv.StartProcess(t, b.linked(t, "inbox")), b.run(passwords, bench.Config{
		Senders: onTheirWay, Conversations: 1, Receivers: members - onTheirWay, AwaitReceivers: true,
	}))
	r.add(row{
		what:   fmt.Sprintf("a group of %d connected members, by inbox, over %s, deliveries", members, b.name),
		figure: rate(result.ReceivedPerSecond), raw: "the broker's own " + rate(bare), ratio: ratio(result.ReceivedPerSecond, bare),
		beyond: result.ReceivedPerSecond > bare,
	})
}

// fanOut is how many deliveries a second the broker makes of what is published to a thousand subscribers.
func (b otherBroker) fanOut(t *testing.T, passwords map[string]string) float64 {
	t.Helper()
	const topic = "chat/announcement"
	return publishToAll(t, func(hear func([]byte)) {
		for i := range members {
			user := "bench-" + benchName + fmt.Sprint("-c0-r", i)
			await(t, b.client(t, user, passwords[user]).Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { hear(m.Payload()) }))
		}
	}, b.client(t, b.gateway, b.gatewayPassword), topic)
}

func startMosquitto(t *testing.T, passwords map[string]string) otherBroker {
	s := servers.Mosquitto(t, servers.MosquittoConfig{Users: passwords})
	return otherBroker{
		name: "Mosquitto with TLS", url: s.URL, tls: &tls.Config{RootCAs: s.CA, MinVersion: tls.VersionTLS12},
		gateway: s.GatewayUser, gatewayPassword: s.GatewayPassword,
		link: app.Broker{URL: s.URL, Username: s.GatewayUser, Password: s.GatewayPassword, CAFile: s.CAFile},
	}
}

func startNATS(t *testing.T, passwords map[string]string) otherBroker {
	s := servers.NATS(t)
	s.AddUsers(passwords)
	return otherBroker{
		name: "three nodes of NATS with TLS", url: s.URL, tls: &tls.Config{RootCAs: s.CA, MinVersion: tls.VersionTLS12}, at0: true,
		gateway: s.GatewayUser, gatewayPassword: s.GatewayPassword,
		link: app.Broker{URL: s.URL, Username: s.GatewayUser, Password: s.GatewayPassword, CAFile: s.CAFile},
	}
}

// hops is how long a publish takes from one user to a gateway that does nothing but pass it on, and from there to another, at
// the same rate. Sorted.
func (b otherBroker) hops(t *testing.T, passwords map[string]string, perSecond int) []time.Duration {
	t.Helper()
	const sender, receiver = "bench-" + benchName + "-s0", "bench-" + benchName + "-c0-r0"
	qos := byte(1)
	if b.at0 {
		qos = 0
	}
	arrived := make(chan time.Time, 1)
	hears := b.client(t, receiver, passwords[receiver])
	await(t, hears.Subscribe("chat/user/"+receiver+"/messages", qos, func(paho.Client, paho.Message) { arrived <- time.Now() }))
	gateway := b.client(t, b.gateway, b.gatewayPassword)
	await(t, gateway.Subscribe("chat/user/+/send", 1, func(c paho.Client, m paho.Message) {
		c.Publish("chat/user/"+receiver+"/messages", 1, false, m.Payload())
	}))
	speaks := b.client(t, sender, passwords[sender])
	payload := strings.Repeat("x", 200)
	took := onTheirWayFor(perSecond, arrived, func() { speaks.Publish("chat/user/"+sender+"/send", 1, false, payload) })
	for _, c := range []paho.Client{hears, gateway, speaks} {
		c.Disconnect(0) // What Palabre's gateway hears is none of theirs.
	}
	return took
}

func (b otherBroker) client(t *testing.T, user, password string) paho.Client {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker(b.url).SetTLSConfig(b.tls).SetUsername(user).SetPassword(password).
		SetClientID("hop-" + rand.Text()).SetProtocolVersion(4).SetAutoReconnect(false))
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func await(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(testenv.Patience) || token.Error() != nil {
		t.Fatal("no good answer from the broker: ", token.Error())
	}
}
