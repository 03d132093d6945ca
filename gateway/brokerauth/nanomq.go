package brokerauth

import (
	"fmt"
	"net/http"
	"strings"
)

// nanoMQ is NanoMQ, with the forms that deploy/nanomq names; its file asks at CONNECT only. It goes by the status, where anything
// but 200 refuses, and can tell the password with each use of a topic. The filters of one SUBSCRIBE come in one question, and are
// granted together.
type nanoMQ struct{}

func (nanoMQ) name() string { return "nanomq" }

func (nanoMQ) read(in request) (question, error) {
	q := in.about()
	q.address = in.fields["ipaddr"]
	if in.path == pathConnect {
		return q, nil
	}
	actions := map[string]action{"1": subscribe, "2": publish}
	action, ok := actions[in.fields["access"]]
	if !ok {
		return q, fmt.Errorf("%w: access is neither 1 nor 2", errUnclear)
	}
	// No topic of ours has a comma.
	for name := range strings.SplitSeq(in.fields["topic"], ",") {
		q.uses = append(q.uses, use{action: action, topic: name})
	}
	return q.check(in)
}

func (nanoMQ) answer(w http.ResponseWriter, _ question, v verdict) {
	answerStatus(w, v)
}
