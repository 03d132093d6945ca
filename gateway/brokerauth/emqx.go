package brokerauth

import (
	"net/http"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// emqx is EMQX 5.8 and later, asking with the templates of deploy/emqx. It goes by the result in a body with status 200;
// with another status it asks the next of its authenticators or authorizers, which must not happen.
type emqx struct{}

// emqxAsks tells by what no other broker sends: ${peerhost} of a CONNECT, ${action} of a use.
func emqxAsks(in request) bool {
	if in.path == pathConnect {
		_, told := in.fields["peerhost"]
		return told
	}
	return emqxActions[in.fields["action"]] != 0
}

var emqxActions = map[string]action{"publish": publish, "subscribe": subscribe}

func (emqx) name() string { return "emqx" }

func (emqx) read(in request) (question, error) {
	q := in.about()
	q.address = in.fields["peerhost"]
	if in.path == pathConnect {
		return q, nil
	}
	// Attributes of the client, which answer gave EMQX to keep. Without them it writes undefined.
	q.application, q.told = in.fields["application"]
	q.moderator = in.fields["moderator"] == "true"
	u := use{action: emqxActions[in.fields["action"]], topic: in.fields["topic"]}
	var err error
	if u.qos, err = in.fields.number("qos"); err != nil {
		return q, err
	}
	if u.action == publish { // of a SUBSCRIBE it is undefined
		if u.retain, err = in.fields.flag("retain"); err != nil {
			return q, err
		}
	}
	q.uses = []use{u}
	return q.check(in)
}

// emqxAnswer is what EMQX reads.
type emqxAnswer struct {
	Result    string            `json:"result"`
	Superuser *bool             `json:"is_superuser,omitempty"`
	ExpireAt  int64             `json:"expire_at,omitempty"`
	Attrs     map[string]string `json:"client_attrs,omitempty"`
	ACL       []emqxRule        `json:"acl,omitempty"`
}

// emqxRule grants what EMQX then does not ask for.
type emqxRule struct {
	Permission string `json:"permission"`
	Action     string `json:"action"`
	Topic      string `json:"topic"`
	QoS        []int  `json:"qos,omitempty"`
	Retain     *bool  `json:"retain,omitempty"`
}

func (emqx) answer(w http.ResponseWriter, q question, v verdict) {
	a := emqxAnswer{Result: "deny"}
	if v.granted() {
		a.Result = "allow"
	}
	if v.granted() && q.connects() {
		no := false
		a.Superuser = &no
		a.ACL = emqxRules(v)
		if !v.gateway {
			a.Attrs = map[string]string{"application": v.application, "moderator": "false"}
			if v.client.Moderator {
				a.Attrs["moderator"] = "true"
			}
		}
		if end := v.principal.ExpiresAt; !end.IsZero() {
			a.ExpireAt = end.Unix()
		}
	}
	answerJSON(w, http.StatusOK, a)
}

// emqxRules are for what is published, which is too much to ask for each time and does not depend on anybody's membership.
// What is subscribed to is asked for.
func emqxRules(v verdict) []emqxRule {
	no := false
	var rules []emqxRule
	if v.gateway {
		for _, prefix := range v.prefixes {
			rules = append(rules, emqxRule{Permission: "allow", Action: "publish", Topic: prefix + "/#"})
		}
		return rules
	}
	for kind := topic.UplinkSend; kind.Uplink(); kind++ {
		name := topic.Topic{Prefix: v.client.Prefix, Kind: kind}
		if kind.OfUser() {
			name.ID = v.client.Subject
		}
		rules = append(rules, emqxRule{
			Permission: "allow", Action: "publish", Topic: "eq " + name.String(), QoS: []int{0, 1}, Retain: &no,
		})
	}
	return rules
}
