package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// restReaders read pages of history.
type restReaders struct {
	url    string
	page   int
	client *http.Client
	check  *tally
}

func newREST(c Config, check *tally) *restReaders {
	url := c.REST
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	transport := &http.Transport{MaxIdleConnsPerHost: c.Senders, Proxy: http.ProxyFromEnvironment}
	return &restReaders{url: url, page: c.Page, client: &http.Client{Transport: transport, Timeout: callTimeout}, check: check}
}

// caller answers how a user reads a page, each from another place. Pages are read into the same memory.
func (r *restReaders) caller(_ context.Context, who user, _ string) (step, error) {
	var body bytes.Buffer
	return func(ctx context.Context, of *conversation, _ string) (answer, error) {
		ctx, cancel := bounded(ctx)
		defer cancel()
		before := 2 + rand.Int64N(of.seq)
		path := fmt.Sprintf("/api/chat/conversations/%s/messages?limit=%d&beforeSeq=%d", of.id, r.page, before)
		if err := r.get(ctx, who, path, &body); err != nil {
			return answer{}, err
		}
		r.verify(body.Bytes(), before)
		return answer{}, nil
	}, nil
}

func (r *restReaders) get(ctx context.Context, who user, path string, body *bytes.Buffer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+who.token)
	response, err := r.client.Do(request)
	if err != nil {
		return refusal{"no answer", 0}
	}
	defer response.Body.Close()
	body.Reset()
	if _, err := body.ReadFrom(response.Body); err != nil {
		return refusal{"no answer", 0}
	}
	if response.StatusCode != http.StatusOK {
		return httpRefusal(response, body.Bytes())
	}
	return nil
}

func httpRefusal(response *http.Response, body []byte) error {
	var status struct{ Details []struct{ Reason string } }
	_ = json.Unmarshal(body, &status)
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	after := time.Duration(seconds) * time.Second
	for _, d := range status.Details {
		if d.Reason != "" {
			return refusal{d.Reason, after}
		}
	}
	return refusal{response.Status, after}
}

// verify compares a page with the one that has to be there: newest first, without gaps, from just before a seq.
func (r *restReaders) verify(body []byte, before int64) {
	seqs := seqsIn(body)
	want := min(int64(r.page), before-1)
	if missing := want - int64(len(seqs)); missing > 0 {
		r.check.lost.Add(missing)
	}
	for i, seq := range seqs {
		if seq != before-1-int64(i) {
			r.check.outOfOrder.Add(1)
		}
	}
}

// seqsIn finds the seqs of a page's messages. It does not read the page otherwise: the reader would take as much of the
// machine as the server.
func seqsIn(body []byte) []int64 {
	var seqs []int64
	for {
		_, rest, found := bytes.Cut(body, []byte(`"seq":`))
		if !found {
			return seqs
		}
		body = bytes.TrimLeft(rest, ` "`)
		end := bytes.IndexAny(body, `",}`)
		seq, err := strconv.ParseInt(string(body[:max(0, end)]), 10, 64)
		if err == nil {
			seqs = append(seqs, seq)
		}
	}
}

// receiver connects nobody: over REST nobody listens.
func (r *restReaders) receiver(context.Context, user, *conversation, func(heard)) error { return nil }

func (r *restReaders) close() { r.client.CloseIdleConnections() }
