package moderation_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/services/moderation"
)

func TestRulesOutOfBoundsAreRefusedByName(t *testing.T) {
	tests := map[string]*moderationv1.Rules{
		"rules.geosector.bad_words[1]":         {BadWords: []string{"zut", ""}},
		"rules.geosector.flood_limit":          {FloodLimit: proto.Int32(-1)},
		"rules.geosector.spam_rules.url_limit": {SpamRules: &moderationv1.SpamRules{UrlLimit: proto.Int32(-1)}},
	}
	for field, bad := range tests {
		_, err := moderation.New(moderation.Config{Store: newStore(t), Rules: map[string]*moderationv1.Rules{app: bad}})
		if err == nil || !strings.Contains(err.Error(), field+": ") {
			t.Errorf("got %v, want %s in it", err, field)
		}
	}
}
