package moderation_test

import (
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/moderation"
)

func TestRulesOutOfBoundsAreRefusedByName(t *testing.T) {
	tests := map[string]*moderationv1.Rules{
		"rules.geosector.bad_words[1]":         {BadWords: []string{"zut", ""}},
		"rules.geosector.flood_limit":          {FloodLimit: proto.Int32(-1)},
		"rules.geosector.spam_rules.url_limit": {SpamRules: &moderationv1.SpamRules{UrlLimit: proto.Int32(-1)}},
	}
	for field, bad := range tests {
		_, err := moderation.New(moderation.Config{
			Rules: map[string]*moderationv1.Rules{app: bad}, Store: newStore(t), Bell: new(outbox.Doorbell),
		})
		if err == nil || !strings.Contains(err.Error(), field+": ") {
			t.Errorf("got %v, want %s in it", err, field)
		}
	}
}

func TestRulesAreReplacedWhileContentsAreJudged(t *testing.T) {
	service, client := newService(t)
	strict := &moderationv1.Rules{ModeratorEnabled: true, BadWords: []string{"zut", "mince"}}
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 100 {
			service.SetRules(app, rules()[app])
			service.SetRules(app, strict)
		}
	})
	for range 100 {
		verdict, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "zut"})
		must(t, err)
		if verdict.GetStatus() != moderationv1.Verdict_rejected {
			t.Error("zut is approved, which no rules do")
		}
	}
	wait.Wait()
	strict.BadWords[1] = "changed by its owner"
	verdict, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "mince"})
	must(t, err)
	if verdict.GetStatus() != moderationv1.Verdict_rejected {
		t.Error("the rules set last do not count")
	}
}
