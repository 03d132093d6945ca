package brokerauth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
)

// What brokers make of an answer.

func emqxTakes(rec *httptest.ResponseRecorder) string {
	var body struct {
		Result string `json:"result"`
	}
	switch {
	case rec.Code == http.StatusNoContent:
		return "lets"
	case rec.Code != http.StatusOK, json.Unmarshal(rec.Body.Bytes(), &body) != nil:
		return "asks the next"
	case body.Result == "allow":
		return "lets"
	case body.Result == "deny":
		return "denies"
	}
	return "asks the next"
}

func verneMQTakes(rec *httptest.ResponseRecorder) string {
	var body struct {
		Result any `json:"result"`
		Topics []struct {
			QoS int `json:"qos"`
		} `json:"topics"`
		Modifiers struct {
			Topics []struct {
				QoS int `json:"qos"`
			} `json:"topics"`
		} `json:"modifiers"`
	}
	if rec.Code != http.StatusOK || json.Unmarshal(rec.Body.Bytes(), &body) != nil {
		return "logs an error"
	}
	switch {
	case body.Result == "next":
		return "asks the next"
	case body.Result != "ok":
		return "denies"
	}
	for _, topic := range append(body.Topics, body.Modifiers.Topics...) {
		if topic.QoS > 2 {
			return "denies"
		}
	}
	return "lets"
}

func statusTakes(rec *httptest.ResponseRecorder) string {
	if rec.Code/100 == 2 {
		return "lets"
	}
	return "denies"
}

// How they write.

func object(pairs ...any) string {
	members := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func goAuth(username, password string) string {
	return object("username", username, "password", password, "clientid", "c")
}

func goAuthAsks(username, topic string, acc int) string {
	return fmt.Sprintf(`{"username":%q,"clientid":"c","topic":%q,"acc":%d}`, username, topic, acc)
}
