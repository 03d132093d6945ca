package webhook_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/palabre/palabre/gateway/webhook"
	"github.com/palabre/palabre/services/chat"
)

func TestAWebhookThatCannotBeIsRefusedByTheFieldAtFaultAndNotQuoted(t *testing.T) {
	good := webhook.Endpoint{URL: "https://host.example/hook", Secret: "s"}
	with := func(change func(*webhook.Endpoint)) []webhook.Endpoint {
		e := good
		e.URL += "2"
		change(&e)
		return []webhook.Endpoint{good, e}
	}
	for field, all := range map[string][]webhook.Endpoint{
		"[1].url: is not":      with(func(e *webhook.Endpoint) { e.URL = "ftp://user:s3cret@host" }),
		"[1].url: is that":     with(func(e *webhook.Endpoint) { e.URL = good.URL }),
		"[1].secret: is miss":  with(func(e *webhook.Endpoint) { e.Secret = "" }),
		"[1].secret: begins":   with(func(e *webhook.Endpoint) { e.Secret = "whsec_s3cret!" }),
		"[1].previous_secret:": with(func(e *webhook.Endpoint) { e.PreviousSecret = "whsec_" }),
		"[1].events[1]: \"me":  with(func(e *webhook.Endpoint) { e.Events = []string{"message.created", "message.sent"} }),
		"[1].events[0]: \"typ": with(func(e *webhook.Endpoint) { e.Events = []string{"typing"} }),
	} {
		which, err := webhook.ValidateAll(all)
		if err == nil || !strings.HasPrefix(which+err.Error(), field) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %s%v", field, which, err)
		}
	}
	if which, err := webhook.ValidateAll(with(func(e *webhook.Endpoint) { e.Events = webhook.Events() })); err != nil {
		t.Errorf("%s%v", which, err)
	}
}

// The names are those of the service, which gateways do not import.
func TestThereIsAWebhookForEveryEventOfTheFeed(t *testing.T) {
	stored := []string{
		chat.EventMessageCreated, chat.EventMessageUpdated, chat.EventMessageDeleted, chat.EventMessageModerated,
		chat.EventReceiptDelivered, chat.EventReceiptRead, chat.EventParticipantAdded, chat.EventParticipantRemoved,
		chat.EventConversationCreated, chat.EventConversationUpdated, chat.EventConversationDeleted, chat.EventAnnouncementCreated,
	}
	if !slices.Equal(webhook.Events(), stored) {
		t.Errorf("webhooks know %v", webhook.Events())
	}
}
