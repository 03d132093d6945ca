package app_test

import (
	"strings"
	"testing"

	"github.com/palabre/palabre/internal/app"
)

const moderated = `
applications:
  geosector:
    moderator_enabled: true
    bad_words: [zut, "***"]
    spam_rules: {url_limit: 1, repeat_limit: 3, repeat_window: 2m}
    rules:
      - {id: url_limit, action: hold}
      - {id: gentle, words: {entries: [mince]}, action: mask, messages: {fr: Doucement.}, exempt_roles: [admin], conversation_types: [group]}
      - {id: tickets, regular_expression: {pattern: 'ticket \d{6}', is_exact: true}, category: privacy}
      - {id: sites, domains: {allowed: [exemple.org], denied: [old.exemple.org]}, action: flag, is_disabled: true}
      - {id: elsewhere, contacts: {invites: true, phone_numbers: true, email_addresses: true}, dry_run: true}
      - {id: shouting, capitals: {share: 0.7, min_letters: 5}, action: notify}
      - {id: crowds, mentions: {limit: 1}}
      - {id: newcomers, newcomer_links: {minimum_age: 24h}, action: hold, is_disabled: true}
`

// trial is one of an application of a configuration, by rules in JSON where there are any.
func trial(t *testing.T, yaml, application, rules string) (*app.Trial, error) {
	t.Helper()
	c, err := load(t, yaml)
	if err != nil {
		t.Fatal(err)
	}
	if rules == "" {
		return app.NewTrial(c, application, nil)
	}
	return app.NewTrial(c, application, []byte(rules))
}

func TestRulesOfTheConfigurationAreThoseOfTheProto(t *testing.T) {
	judge, err := trial(t, moderated, "geosector", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(judge.Idle) != 1 || !strings.HasPrefix(judge.Idle[0], "bad_words[1]: ") {
		t.Errorf("what is never found: %q", judge.Idle)
	}
	for content, want := range map[string]string{
		"bonjour":            "approved  bonjour",
		"zut":                "rejected bad_words ***",
		"Mince, mince":       "approved gentle *****, *****",
		"ticket 123456":      "rejected tickets *************",
		"Ticket 123456":      "approved  Ticket 123456",
		"www.a.fr www.b.fr":  "pending url_limit www.a.fr ********",
		"bob@exemple.org":    "approved elsewhere (dry run) bob@exemple.org",
		"VENEZ TOUS":         "approved shouting VENEZ TOUS",
		"@bob @carol":        "rejected crowds @bob ******",
		"mince @bob @carol ": "rejected gentle,crowds ***** @bob ****** ",
	} {
		v, err := judge.Judge(content)
		if got := v.Status + " " + strings.Join(v.Rules, ",") + " " + v.Content; err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", content, got, err, want)
		}
	}
}

func TestRulesOfAFileAreTriedInsteadOfTheConfigurations(t *testing.T) {
	judge, err := trial(t, moderated, "geosector", `{"moderatorEnabled":true,"badWords":["flûte"],"version":"7"}`)
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{"zut": "approved", "flute": "rejected"} {
		if v, err := judge.Judge(content); err != nil || v.Status != want {
			t.Errorf("%s: %v, %v", content, v, err)
		}
	}
}

func TestWhatCannotBeTriedIsNamed(t *testing.T) {
	for rules, names := range map[string]string{
		`{"badWord":["x"]}`: "badWord",
		`{"floodLimit":-1}`: "flood_limit",
		`{"rules":[{"id":"a","regularExpression":{"pattern":"("}}]}`: "rules[0].regular_expression.pattern",
	} {
		if _, err := trial(t, moderated, "geosector", rules); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v", rules, err)
		}
	}
	if _, err := trial(t, moderated, "resalice", ""); err == nil || !strings.Contains(err.Error(), "geosector") {
		t.Errorf("an unknown application: %v", err)
	}
}
