package suite_test

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/bench"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

const (
	// chatting is how many conversations of two there are at brokers that others run, perSecond how many messages in all.
	chatting  = 10
	perSecond = 100
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

// throughOtherBrokers compares publish to receive, through a real Mosquitto and three nodes of NATS, with the broker's own hop.
func throughOtherBrokers(t *testing.T, r *report) {
	passwords := map[string]string{}
	for i := range chatting {
		for _, role := range []string{fmt.Sprint("s", i), fmt.Sprint("c", i, "-r0")} {
			passwords["bench-"+benchName+"-"+role] = "password-of-" + role
		}
	}
	for _, start := range []func(*testing.T, map[string]string) otherBroker{startMosquitto, startNATS} {
		b := start(t, passwords)
		bare := ms(quantile(b.hops(t, passwords), 0.5))
		c := configuration(t, "")
		c.Broker = b.link
		got := load(t, testenv.StartProcess(t, c), bench.Config{
			Over: bench.OverMQTT, Senders: chatting, Receivers: 1, Rate: perSecond, Name: benchName,
			MQTT: b.url, MQTTTLS: b.tls, SubscribeAt0: b.at0, MQTTPassword: func(user string) string { return passwords[user] },
		}).SendToReceive
		r.add(row{
			what: fmt.Sprintf("publish → receive over %s, SQLite, %d/s, p50", b.name, perSecond), figure: fmt.Sprintf("%.2f ms", got.P50),
			raw: fmt.Sprintf("its own hop %.2f ms", bare), ratio: ratio(got.P50, bare),
			goal: fmt.Sprintf("≤ %.1f ms", ms(maxMedian)), reached: got.P50 <= ms(maxMedian),
		})
	}
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

// hops is how long a publish takes from one client to another, at the same rate. Sorted.
func (b otherBroker) hops(t *testing.T, passwords map[string]string) (took []time.Duration) {
	t.Helper()
	const user = "bench-" + benchName + "-c0-r0"
	began, arrived := time.Now(), make(chan time.Duration, 1)
	qos := byte(1)
	if b.at0 {
		qos = 0
	}
	hears := b.client(t, user, passwords[user])
	await(t, hears.Subscribe("chat/user/"+user+"/messages", qos, func(_ paho.Client, m paho.Message) {
		nanos, _ := strconv.ParseInt(string(m.Payload()), 10, 64)
		arrived <- time.Since(began) - time.Duration(nanos)
	}))
	speaks := b.client(t, b.gateway, b.gatewayPassword)
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for range int(duration.Seconds() * perSecond) {
		<-tick.C
		speaks.Publish("chat/user/"+user+"/messages", 1, false, fmt.Sprint(int64(time.Since(began))))
		took = append(took, <-arrived)
	}
	slices.Sort(took)
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
