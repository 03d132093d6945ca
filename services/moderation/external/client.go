package external

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// Config is how to reach a classifier.
type Config struct {
	// URL is https://… or http://…, which the question is posted to; or grpcs://host:port or grpc://host:port, where a
	// ClassifierService listens.
	URL string
	// Secret signs what is posted, and is the bearer token of gRPC. Nothing is signed when it is empty.
	Secret string
}

// Client asks a classifier. All may use it at once.
type Client interface {
	// Classify asks, within the context's deadline.
	Classify(ctx context.Context, req *moderationv1.ClassifyRequest) (*moderationv1.ClassifyResponse, error)
	// Close ends its connections.
	Close() error
}

// Validate names the field that cannot be.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

// errURL quotes nothing of the URL, which may have a password in it.
var errURL = errors.New("url: is not https://…, http://…, grpcs://host:port or grpc://host:port")

func (c Config) parse() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" {
		return nil, errURL
	}
	switch u.Scheme {
	case "https", "http":
		return u, nil
	case "grpcs", "grpc":
		if u.Port() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			return nil, errURL
		}
		return u, nil
	}
	return nil, errURL
}

// New makes a Client. Nothing need be there yet that answers it.
func New(c Config) (Client, error) {
	u, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("external check: %w", err)
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return newPoster(c), nil
	}
	return newCaller(u, c.Secret)
}
