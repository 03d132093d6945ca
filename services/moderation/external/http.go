package external

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// The headers that prove who asks. The signature is `sha256=` and, in hexadecimal, the HMAC-SHA256 of the timestamp, a dot and
// the body, by the secret; the timestamp is in seconds, so that a question cannot be posted again later.
const (
	HeaderTimestamp = "X-Palabre-Timestamp"
	HeaderSignature = "X-Palabre-Signature"
)

const (
	// longestAnswer is how much of an answer is read.
	longestAnswer = 64 << 10
	// idleConnections is how many are kept: messages wait for the answer, and a handshake costs more than that.
	idleConnections = 32
)

// poster posts questions in JSON.
type poster struct {
	config Config
	client *http.Client
	now    func() time.Time
}

func newPoster(c Config) *poster {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	client := &http.Client{
		Transport: transport,
		// Elsewhere is not where the operator said that contents may go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &poster{c, client, time.Now}
}

// Classify implements Client.
func (p *poster) Classify(ctx context.Context, req *moderationv1.ClassifyRequest) (*moderationv1.ClassifyResponse, error) {
	body, err := protojson.Marshal(req)
	if err != nil {
		return nil, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errURL
	}
	post.Header.Set("Content-Type", "application/json")
	p.sign(post.Header, body)
	response, err := p.client.Do(post)
	if err != nil {
		return nil, errors.Unwrap(err) // The rest of it quotes the URL.
	}
	defer func() { _ = response.Body.Close() }() // Nothing was written.
	return readAnswer(response)
}

func (p *poster) sign(header http.Header, body []byte) {
	if p.config.Secret == "" {
		return
	}
	timestamp := strconv.FormatInt(p.now().Unix(), 10)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, "sha256="+Signature(p.config.Secret, timestamp, body))
}

// Signature is what proves a question: in hexadecimal, without what is before it in the header.
func Signature(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func readAnswer(response *http.Response) (*moderationv1.ClassifyResponse, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("answered HTTP %d", response.StatusCode)
	case len(body) > longestAnswer:
		return nil, fmt.Errorf("answered more than %d bytes", longestAnswer)
	}
	answer := &moderationv1.ClassifyResponse{}
	// What a classifier says besides is its own.
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, answer); err != nil {
		return nil, errors.New("answered no ClassifyResponse in JSON")
	}
	return answer, nil
}

// Close implements Client.
func (p *poster) Close() error {
	p.client.CloseIdleConnections()
	return nil
}
