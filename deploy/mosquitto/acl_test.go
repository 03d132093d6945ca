package mosquitto_test

import (
	"errors"
	"strings"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/testenv/servers"
)

var errNoAnswer = errors.New("no answer from the broker")

// start starts a broker from the files of this folder, with the users alice and bob and the gateway, which reads all that
// users send.
func start(t *testing.T) (broker *servers.MosquittoServer, gateway *client) {
	t.Helper()
	broker = servers.Mosquitto(t, servers.MosquittoConfig{Users: map[string]string{"alice": "a-secret", "bob": "b-secret"}})
	gateway = connect(t, broker, broker.GatewayUser, broker.GatewayPassword)
	gateway.subscribes("$share/gateway/chat/user/+/+", "chat/message/send")
	return broker, gateway
}

func TestAUserPublishesInTheirOwnNameOnly(t *testing.T) {
	broker, gateway := start(t)
	alice := connect(t, broker, "alice", "a-secret")
	for _, verb := range []string{"send", "receipts", "sync", "typing", "presence"} {
		alice.publishes("chat/user/bob/"+verb, "as bob")
		alice.publishes("chat/user/alice/"+verb, "as myself")
		gateway.receives("chat/user/alice/"+verb, "as myself") // and nothing before it
	}
}

func TestAUserPublishesNothingThatIsTheGatewaysToPublish(t *testing.T) {
	broker, gateway := start(t)
	gateway.subscribes("chat/#")
	alice := connect(t, broker, "alice", "a-secret")
	for _, topic := range []string{
		"chat/user/bob/messages", "chat/user/alice/messages", "chat/user/alice/acks", "chat/announcement",
		"chat/conversation/c1", "chat/typing/c1", "chat/moderation/m1", "other/user/alice/send", "$SYS/broker/uptime",
	} {
		alice.publishes(topic, "not mine to say")
	}
	alice.publishes("chat/user/alice/send", "mine")
	gateway.receives("chat/user/alice/send", "mine")
}

func TestAUserReceivesTheirOwnAndAnnouncementsOnly(t *testing.T) {
	broker, gateway := start(t)
	alice, bob := connect(t, broker, "alice", "a-secret"), connect(t, broker, "bob", "b-secret")
	bob.subscribes("chat/user/bob/messages", "chat/user/bob/acks", "chat/announcement")
	alice.subscribes("#") // Mosquitto accepts any filter, and checks each message it delivers

	for _, topic := range []string{
		"chat/user/bob/messages", "chat/user/bob/acks", "chat/user/alice/send", "chat/conversation/c1", "chat/typing/c1",
		"chat/moderation/m1",
	} {
		gateway.publishes(topic, "for others")
	}
	gateway.publishes("chat/user/alice/messages", "for alice")
	alice.receives("chat/user/alice/messages", "for alice") // and nothing before it
	gateway.publishes("chat/user/alice/acks", "for alice")
	alice.receives("chat/user/alice/acks", "for alice")
	bob.receives("chat/user/bob/messages", "for others")
	bob.receives("chat/user/bob/acks", "for others")

	gateway.publishes("chat/announcement", "for all")
	alice.receives("chat/announcement", "for all")
	bob.receives("chat/announcement", "for all")
}

func TestAWillInTheNameOfAnotherIsNotPublished(t *testing.T) {
	broker, gateway := start(t)
	for _, user := range []struct{ name, password string }{{"alice", "a-secret"}, {"bob", "b-secret"}} {
		c := connect(t, broker, user.name, user.password, func(o *paho.ClientOptions) {
			o.SetWill("chat/user/bob/presence", "offline, says "+user.name, 1, false)
		})
		// The broker publishes the will of a client that breaks the rules, as this one does with a retained message.
		c.paho.Publish("chat/user/"+user.name+"/presence", 1, true, "online")
		c.isDisconnected()
	}
	gateway.receives("chat/user/bob/presence", "offline, says bob")
}

func TestTheOlderTopicReachesTheGateway(t *testing.T) {
	broker, gateway := start(t)
	connect(t, broker, "alice", "a-secret").publishes("chat/message/send", "with a token")
	gateway.receives("chat/message/send", "with a token")
}

func TestNobodyConnectsWithoutTheirPassword(t *testing.T) {
	broker, _ := start(t)
	for user, password := range map[string]string{"": "", "alice": "b-secret", "carol": "a-secret", broker.GatewayUser: ""} {
		if err := await(newClient(t, broker, user, password).paho.Connect()); err == nil || errors.Is(err, errNoAnswer) {
			t.Errorf("connecting as %q with the password %q says %v, want a refusal", user, password, err)
		}
	}
}

func TestARetainedMessageEndsTheConnection(t *testing.T) {
	broker, gateway := start(t)
	alice := connect(t, broker, "alice", "a-secret")
	alice.paho.Publish("chat/user/alice/send", 1, true, "for ever")
	alice.isDisconnected()

	bob := connect(t, broker, "bob", "b-secret")
	bob.publishes("chat/user/bob/send", "once")
	gateway.receives("chat/user/bob/send", "once")
}

func TestThePayloadsOfPalabreFitAndLargerOnesDoNot(t *testing.T) {
	broker, gateway := start(t)
	alice := connect(t, broker, "alice", "a-secret")
	alice.subscribes("chat/user/alice/acks")
	page := strings.Repeat("x", 256<<10)
	gateway.publishes("chat/user/alice/acks", page)
	alice.receives("chat/user/alice/acks", page)

	alice.paho.Publish("chat/user/alice/send", 1, false, page+page)
	alice.isDisconnected()
}
