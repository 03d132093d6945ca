package brokerauth

import (
	"fmt"
	"net/http"
)

// mosquitto is Mosquitto with the plugin mosquitto-go-auth and its HTTP backend, in JSON or as a form. It goes by the status,
// or by one word in the body: both are said. A status from 500 says that it may ask again (retry_count), and is not cached.
type mosquitto struct{}

func (mosquitto) name() string { return "mosquitto" }

// The bits of `acc`, of mosquitto_plugin.h.
const (
	mosquittoRead        = 1
	mosquittoWrite       = 2
	mosquittoSubscribe   = 4
	mosquittoUnsubscribe = 8
)

func (mosquitto) read(in request) (question, error) {
	q := in.about()
	if in.path == pathConnect {
		return q, nil
	}
	acc, err := in.fields.number("acc")
	if err != nil {
		return q, err
	}
	for bit, action := range map[int]action{
		mosquittoRead: receive, mosquittoWrite: publish, mosquittoSubscribe: subscribe, mosquittoUnsubscribe: unsubscribe,
	} {
		if acc&bit != 0 {
			q.uses, acc = append(q.uses, use{action: action, topic: in.fields["topic"]}), acc&^bit
		}
	}
	if acc != 0 || len(q.uses) == 0 {
		return q, fmt.Errorf("%w: acc is none of the bits of Mosquitto", errUnclear)
	}
	return q.check(in)
}

func (mosquitto) answer(w http.ResponseWriter, _ question, v verdict) {
	answerStatus(w, v)
}

// statusAnswer is for brokers that go by the status. The body is for those that are set to look there as well.
type statusAnswer struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
	Result string `json:"result"`
}

func answerStatus(w http.ResponseWriter, v verdict) {
	switch v.outcome {
	case granted:
		answerJSON(w, http.StatusOK, statusAnswer{OK: true, Result: "allow"})
	case unknown:
		w.Header().Set("Retry-After", "1")
		answerJSON(w, http.StatusServiceUnavailable, statusAnswer{Error: string(unknown), Result: "deny"})
	case limited:
		answerJSON(w, http.StatusTooManyRequests, statusAnswer{Error: string(limited), Result: "deny"})
	case unclear:
		answerJSON(w, http.StatusBadRequest, statusAnswer{Error: string(unclear), Result: "deny"})
	default:
		answerJSON(w, http.StatusForbidden, statusAnswer{Error: string(refused), Result: "deny"})
	}
}
