package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/jsonpb"
)

// longestAnswer is how much of an answer is read, so that its connection can be used again. Nothing in it matters.
const longestAnswer = 64 << 10

// outcome is what a webhook makes of a post.
type outcome string

const (
	// accepted is any 2xx.
	accepted outcome = "accepted"
	// refused says that something is wrong with this event, or may be.
	refused outcome = "refused"
	// unavailable says that there is no use in posting others.
	unavailable outcome = "unavailable"
)

// result is how a post went.
type result struct {
	outcome outcome
	// wait is what the webhook asked for, at least, before the next.
	wait time.Duration
	// why is for the log; nil when accepted.
	why error
}

// newClient makes a client that goes where the operator said and nowhere else: by no proxy of the environment, and to
// no other place that an answer names.
func newClient(l Limits) *http.Client {
	dialer := &net.Dialer{Timeout: l.Timeout / 2}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    l.Timeout / 2,
			MaxConnsPerHost:        l.Parallel,
			MaxIdleConnsPerHost:    l.Parallel,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: longestAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       l.Timeout,
	}
}

// post posts an event once.
func (h *hook) post(ctx context.Context, e *chatv1.Event) result {
	r := h.exchange(ctx, e)
	h.metrics.posts(r.outcome).Inc()
	return r
}

func (h *hook) exchange(ctx context.Context, e *chatv1.Event) result {
	body, err := encode(h.applicationID, e)
	if err != nil {
		return result{outcome: refused, why: err}
	}
	reached := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached = true }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, h.url.String(), bytes.NewReader(body))
	if err != nil {
		return result{outcome: unavailable, why: bare(err)}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", h.agent)
	sign(request.Header, h.signers, e.GetEventId(), time.Now(), body)
	answer, err := h.client.Do(request)
	switch {
	case err != nil && reached:
		return result{outcome: refused, why: fmt.Errorf("no answer: %w", bare(err))}
	case err != nil:
		return result{outcome: unavailable, why: bare(err)}
	}
	defer answer.Body.Close()
	// What cannot be read of it costs the connection.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, longestAnswer))
	return h.judge(answer)
}

// encode writes an event as it is published elsewhere, and whose it is.
func encode(applicationID string, e *chatv1.Event) ([]byte, error) {
	event, err := jsonpb.Marshal(e)
	if err != nil {
		return nil, err
	}
	whose, err := json.Marshal(applicationID)
	if err != nil {
		return nil, err
	}
	body := append([]byte(`{"applicationId":`), whose...)
	return append(append(body, ','), event[1:]...), nil
}

// judge says what an answer means. What comes from a proxy in front of the webhook (502, 504) may be due to the event, on
// which the webhook broke.
func (h *hook) judge(answer *http.Response) result {
	r := result{outcome: refused, wait: h.asked(answer.Header.Get("Retry-After"))}
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return result{outcome: accepted}
	case code == http.StatusGone:
		r.outcome, r.wait = unavailable, h.patience
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		r.outcome = unavailable
	}
	r.why = fmt.Errorf("HTTP %d", answer.StatusCode)
	return r
}

// asked is the wait of a Retry-After: seconds or a time.
func (h *hook) asked(header string) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(seconds, int(h.patience/time.Second)+1)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), h.patience)
}

// bare is an error without the URL, whose path and query are nobody's business.
func bare(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}
