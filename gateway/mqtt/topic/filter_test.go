package topic_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

func TestClientsSubscribeToDownlinksOnly(t *testing.T) {
	for _, s := range shapes {
		got, err := topic.ParseFilter(s.name)
		if s.uplink {
			if !errors.Is(err, topic.ErrDirection) {
				t.Errorf("ParseFilter(%q) = %+v, %v; want ErrDirection", s.name, got, err)
			}
			continue
		}
		if err != nil || got.Topic != s.topic || got.EveryOfUser() || got.String() != s.name {
			t.Errorf("ParseFilter(%q) = %+v, %v", s.name, got, err)
		}
	}
}

func TestWildcardsAreRefusedButForAllTopicsOfAUser(t *testing.T) {
	got, err := topic.ParseFilter("chat/user/anon:1/+")
	if err != nil || !got.EveryOfUser() || got.Topic.Prefix != "chat" || got.Topic.ID != "anon:1" {
		t.Errorf("ParseFilter of the user wildcard = %+v, %v", got, err)
	}
	if got.String() != "chat/user/anon:1/+" {
		t.Errorf("it is written %q", got.String())
	}
	for _, filter := range []string{
		"#", "+", "+/+", "chat/#", "chat/+", "chat/user/+", "chat/user/+/+", "chat/user/+/messages", "chat/user/alice/#",
		"chat/user/alice/+/+", "chat/user//+", "chat/conversation/+", "chat/typing/+", "chat/moderation/#", "a/b/moderation/+",
		"/moderation/+", "+/moderation/+", "chat/moderation/+/+",
		"chat/other/alice/+", "+/user/alice/+", "$SYS/#", "$SYS/+", "$share/g/chat/announcement",
		"$share/g/chat/user/alice/+", "/+", "", "chat/user/alice/+/", strings.Repeat("a/", 30000) + "+",
	} {
		if got, err := topic.ParseFilter(filter); err == nil {
			t.Errorf("ParseFilter(%.40q) = %+v, want an error", filter, got)
		}
	}
}

func TestModeratorsHearOfEveryMessage(t *testing.T) {
	got, err := topic.ParseFilter("chat/moderation/+")
	if err != nil || !got.EveryModeration() || got.EveryOfUser() || got.Topic.Prefix != "chat" || got.String() != "chat/moderation/+" {
		t.Errorf("ParseFilter of the moderators' wildcard = %+v, %v", got, err)
	}
	if one, err := topic.ParseFilter("chat/moderation/m1"); err != nil || one.EveryModeration() {
		t.Errorf("ParseFilter of one message's = %+v, %v", one, err)
	}
}

func TestTheGatewaysFiltersCoverEveryUplink(t *testing.T) {
	filters := topic.UplinkFilters("chat")
	covered := map[string]bool{}
	for _, s := range shapes {
		if !s.uplink || s.topic.Prefix != "chat" {
			continue
		}
		filter := strings.Replace(s.name, "/alice/", "/+/", 1)
		covered[filter] = true
	}
	if len(covered) != len(filters) {
		t.Errorf("%d uplinks, %d filters", len(covered), len(filters))
	}
	for _, filter := range filters {
		if !covered[filter] {
			t.Errorf("%q covers no uplink", filter)
		}
	}
}
