package brokerauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
)

// dialect is how brokers of one kind ask and want to be answered.
type dialect interface {
	// name is its name for metrics.
	name() string
	// read turns a request into a question. An error says that it is none.
	read(request) (question, error)
	// answer writes a verdict such that the broker does nothing for the client that was not granted.
	answer(w http.ResponseWriter, q question, v verdict)
}

// request is what came from a broker, taken apart as far as all dialects are the same.
type request struct {
	path   string
	header http.Header
	body   []byte
	form   bool // in place of JSON
	fields fields
}

// fields are those of a form or of a JSON object, as text. What has parts of its own is not among them.
type fields map[string]string

const (
	pathConnect = "/mqtt/auth"
	pathAccess  = "/mqtt/acl"
)

var errUnclear = errors.New("brokerauth: not a question")

// readRequest takes a request apart, and says which dialect it is in. The dialect is there even when the request makes no
// sense, because that has to be said in it, too.
func readRequest(r *http.Request, body []byte) (request, dialect, error) {
	in := request{path: r.URL.Path, header: r.Header, body: body}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	in.form = mediaType == "application/x-www-form-urlencoded"
	var err error
	if in.fields, err = readFields(body, in.form); err != nil {
		in.fields = fields{}
	}
	return in, dialectOf(in), err
}

// dialectOf tells brokers apart. Those that go by the status alone are the rest: a broker that was mistaken for one of them
// grants nothing that was refused, which is not so the other way around.
func dialectOf(in request) dialect {
	switch {
	case in.header.Get(headerVerneMQ) != "":
		return verneMQ{in.header.Get(headerVerneMQ)}
	case !in.form && in.fields["acc"] == "" && emqxAsks(in):
		return emqx{}
	case in.form && in.fields["acc"] == "":
		return nanoMQ{}
	default:
		return mosquitto{}
	}
}

func readFields(body []byte, form bool) (fields, error) {
	if form {
		return readForm(body)
	}
	return readJSON(body)
}

func readForm(body []byte) (fields, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errUnclear
	}
	all := fields{}
	for name, value := range values {
		if len(value) > 1 {
			return nil, fmt.Errorf("%w: %s comes twice", errUnclear, name)
		}
		all[name] = value[0]
	}
	return all, nil
}

func readJSON(body []byte) (fields, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, errUnclear
	}
	all := fields{}
	for name, value := range members {
		switch value[0] {
		case '"':
			var s string
			if err := json.Unmarshal(value, &s); err != nil {
				return nil, errUnclear
			}
			all[name] = s
		case '{', '[', 'n': // parts, null
		default:
			all[name] = string(value)
		}
	}
	return all, nil
}

// number is a field that brokers write as a number, or as the text of one. What is absent is 0.
func (f fields) number(name string) (int, error) {
	text := f[name]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: %s is no number", errUnclear, name)
	}
	return n, nil
}

// flag is a field that brokers write as true, "true" or 1. What is absent is false.
func (f fields) flag(name string) (bool, error) {
	text := f[name]
	if text == "" {
		return false, nil
	}
	set, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%w: %s is neither true nor false", errUnclear, name)
	}
	return set, nil
}

// about is the part of a question that is the same wherever fields are called what most brokers call them.
func (in request) about() question {
	return question{
		username: in.fields["username"], clientID: in.fields["clientid"], password: in.fields["password"],
	}
}

// check makes sure that a question can be answered: a use needs a topic, and a CONNECT is asked at its path.
func (q question) check(in request) (question, error) {
	if q.connects() != (in.path == pathConnect) {
		return q, fmt.Errorf("%w of %s", errUnclear, in.path)
	}
	for _, u := range q.uses {
		if u.topic == "" || u.qos > 2 {
			return q, fmt.Errorf("%w: a use without topic, or at a QoS that does not exist", errUnclear)
		}
	}
	return q, nil
}

// answerJSON writes an answer that no cache keeps.
func answerJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{}`) // nothing that is answered here cannot be written
	}
	header := w.Header()
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data) // a broker that went away takes it for a refusal
}
