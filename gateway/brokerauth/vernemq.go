package brokerauth

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// verneMQ is VerneMQ with its webhooks plugin. The hook is named in a header, and the answer is a body with status 200: with
// another status it refuses too, and writes an error to its log for each.
type verneMQ struct{ hook string }

const (
	headerVerneMQ = "Vernemq-Hook"
	// hooks of MQTT 5 clients have the same names with this behind.
	verneMQFive = "_m5"
	// verneMQKeeps is for how many seconds VerneMQ need not ask again whether a client may publish on a topic. That depends
	// on nobody's membership. It never forgets an entry, so what is asked once is not kept: connecting, with its password,
	// and subscribing.
	verneMQKeeps = 60
)

func (verneMQ) name() string { return "vernemq" }

// verneMQBody is what comes with the hooks.
type verneMQBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
	ClientID string `json:"client_id"`
	// Mountpoint is the listener's; clients of two do not meet.
	Mountpoint string `json:"mountpoint"`
	Address    string `json:"peer_addr"`
	Topic      string `json:"topic"`
	QoS        int    `json:"qos"`
	Retain     bool   `json:"retain"`
	Topics     []struct {
		Topic string `json:"topic"`
		QoS   int    `json:"qos"`
	} `json:"topics"`
}

func (d verneMQ) read(in request) (question, error) {
	var body verneMQBody
	if err := json.Unmarshal(in.body, &body); err != nil {
		return question{}, errUnclear
	}
	q := question{
		username: body.Username, clientID: body.ClientID, mountpoint: body.Mountpoint, password: body.Password, address: body.Address,
	}
	switch strings.TrimSuffix(d.hook, verneMQFive) {
	case "auth_on_register":
		// It is the only hook with a password.
	case "auth_on_publish":
		q.uses = []use{{action: publish, topic: body.Topic, qos: body.QoS, retain: body.Retain}}
	case "auth_on_subscribe":
		for _, t := range body.Topics {
			q.uses = append(q.uses, use{action: subscribe, topic: t.Topic, qos: t.QoS})
		}
		if len(q.uses) == 0 {
			return q, errUnclear
		}
	default:
		return q, errUnclear
	}
	return q.check(in)
}

// verneMQAnswer is what VerneMQ reads. Topics are those of a SUBSCRIBE of MQTT 3.1.1; of MQTT 5 they are among the modifiers.
type verneMQAnswer struct {
	Result    any            `json:"result"`
	Modifiers map[string]any `json:"modifiers,omitempty"`
	Topics    []verneMQTopic `json:"topics,omitempty"`
}

// verneMQTopic is a filter as it is granted: at a QoS, or with a code that says that it is not.
type verneMQTopic struct {
	Topic string `json:"topic"`
	QoS   int    `json:"qos"`
}

func (d verneMQ) answer(w http.ResponseWriter, q question, v verdict) {
	a := verneMQAnswer{Result: "ok"}
	switch {
	case !slices.Contains(v.uses, true) && !(q.connects() && v.granted()):
		a.Result = map[string]string{"error": "not_allowed"}
	case q.connects():
		a.Modifiers = session(q)
	case q.uses[0].action == subscribe:
		d.subscribed(&a, q, v)
	default:
		w.Header().Set("Cache-Control", "max-age="+strconv.Itoa(verneMQKeeps))
		a.Modifiers = bound(q)
	}
	answerJSON(w, http.StatusOK, a)
}

// subscribed grants the filters one by one, at the QoS there is.
func (d verneMQ) subscribed(a *verneMQAnswer, q question, v verdict) {
	five := strings.HasSuffix(d.hook, verneMQFive)
	refusal := 128
	if five {
		refusal = 135 // not authorized
	}
	topics := make([]verneMQTopic, len(q.uses))
	for i, u := range q.uses {
		topics[i] = verneMQTopic{u.topic, min(u.qos, 1)}
		if !v.uses[i] {
			topics[i].QoS = refusal
		}
	}
	if five {
		a.Modifiers = map[string]any{"topics": topics}
	} else {
		a.Topics = topics
	}
}

// session gives each user client ids of their own, as the embedded broker does: who connects with another's would be given that
// one's session, with its subscriptions, which nobody is asked about again.
func session(q question) map[string]any {
	return map[string]any{"client_id": q.username + "|" + q.clientID, "mountpoint": q.mountpoint}
}

// bound rewrites {prefix}/message/send, whose topic does not say who speaks, to the client's own …/send, as the embedded
// broker does. There the gateway refuses another senderId.
func bound(q question) map[string]any {
	t, err := topic.Parse(q.uses[0].topic)
	if err != nil || t.Kind != topic.UplinkMessageSend {
		return nil
	}
	return map[string]any{"topic": topic.Topic{Prefix: t.Prefix, Kind: topic.UplinkSend, ID: q.username}.String()}
}
