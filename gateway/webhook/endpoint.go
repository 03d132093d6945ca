package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Endpoint is a webhook as it is configured.
type Endpoint struct {
	// URL is https:// or http://. It is what the webhook is known by: another URL is another webhook, that begins anew.
	URL string
	// Secret signs: whsec_ and base64, or any other text.
	Secret string
	// PreviousSecret signs too, while the receiver changes from one to the other; none when empty.
	PreviousSecret string
	// Events are the kinds it is told of; all when empty.
	Events []string
}

// Events are the kinds of events that there are for webhooks: those of the feed. What is not stored, as presence and typing,
// is not posted.
func Events() []string {
	return []string{
		"message.created", "message.updated", "message.deleted", "message.moderated", "receipt.delivered", "receipt.read",
		"participant.added", "participant.removed", "conversation.created", "conversation.updated", "conversation.deleted",
		"announcement.created",
	}
}

// ValidateAll checks the webhooks of an application, and answers which of them is at fault, as `[1].`; the error begins with
// its field. It quotes nothing of a URL, which may have a password in it.
func ValidateAll(all []Endpoint) (which string, err error) {
	known := map[string]int{}
	for i, e := range all {
		which = fmt.Sprintf("[%d].", i)
		if err := e.validate(); err != nil {
			return which, err
		}
		if other, taken := known[e.URL]; taken {
			return which, fmt.Errorf("url: is that of [%d]: one webhook has all its events", other)
		}
		known[e.URL] = i
	}
	return "", nil
}

func (e Endpoint) validate() error {
	if _, err := e.parse(); err != nil {
		return err
	}
	if e.Secret == "" {
		return errors.New("secret: is missing: the receiver knows by it that events are from here; `openssl rand -base64 32` makes one")
	}
	if _, err := key(e.Secret); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	if _, err := key(e.PreviousSecret); err != nil {
		return fmt.Errorf("previous_secret: %w", err)
	}
	for i, name := range e.Events {
		if !slices.Contains(Events(), name) {
			return fmt.Errorf("events[%d]: %q is none of %s", i, name, strings.Join(Events(), ", "))
		}
	}
	return nil
}

func (e Endpoint) parse() (*url.URL, error) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("url: is not https://… or http://…")
	}
	return u, nil
}

// wants says whether the webhook is told of a kind of events.
func (e Endpoint) wants(event string) bool {
	return len(e.Events) == 0 || slices.Contains(e.Events, event)
}

// keys are what its posts are signed by.
func (e Endpoint) keys() [][]byte {
	var keys [][]byte
	for _, secret := range []string{e.Secret, e.PreviousSecret} {
		if k, err := key(secret); err == nil && len(k) > 0 {
			keys = append(keys, k)
		}
	}
	return keys
}
