package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/gateway/mqtt/access"
	"github.com/palabre/palabre/gateway/mqtt/topic"
	"github.com/palabre/palabre/internal/auth"
)

const (
	group   = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"
	other   = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e11"
	visitor = "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e12"
)

var (
	alice = access.Client{Prefix: "chat", Subject: "alice"}
	admin = access.Client{Prefix: "chat", Subject: "root", Moderator: true}
	anon  = access.Client{Prefix: "chat", Subject: visitor, ConversationID: group}
)

func inGroup(conversationID string) bool { return conversationID == group }

func TestWhoReadsWhat(t *testing.T) {
	for filter, readers := range map[string]string{
		"chat/user/alice/messages":          "alice",
		"chat/user/alice/acks":              "alice",
		"chat/user/alice/+":                 "alice",
		"chat/user/" + visitor + "/+":       "anon",
		"chat/announcement":                 "alice admin",
		"chat/conversation/" + group:        "alice admin",
		"chat/typing/" + group:              "alice admin anon",
		"chat/moderation/m1":                "admin",
		"chat/conversation/" + other:        "",
		"chat/typing/" + other:              "",
		"chat/user/bob/messages":            "",
		"chat/user/alice/send":              "",
		"chat/message/send":                 "",
		"other/user/alice/messages":         "",
		"other/announcement":                "",
		"other/conversation/" + group:       "",
		"$share/g/chat/user/alice/messages": "",
		"$SYS/#":                            "", "#": "", "+/+": "", "chat/#": "", "chat/user/+/messages": "", "chat/conversation/+": "", "": "",
		strings.Repeat("a/", 30_000): "",
	} {
		var may []string
		for _, c := range []struct {
			name string
			access.Client
		}{{"alice", alice}, {"admin", admin}, {"anon", anon}} {
			if c.MayRead(filter, inGroup, nil) {
				may = append(may, c.name)
			}
		}
		if got := strings.Join(may, " "); got != readers {
			t.Errorf("%.60s is read by %q, want %q", filter, got, readers)
		}
	}
}

func TestAVisitorsTokenOpensOneConversationWhateverTheyAreIn(t *testing.T) {
	everywhere := func(string) bool { return true }
	if anon.MayRead("chat/typing/"+other, everywhere, nil) {
		t.Error("a visitor reads of a conversation that their token does not open")
	}
}

func TestMembershipIsAskedOnlyWhereItDecides(t *testing.T) {
	asked := func(string) bool { t.Error("membership is asked for"); return true }
	for _, filter := range []string{"chat/user/alice/messages", "chat/announcement", "other/conversation/" + group, "chat/conversation/+", "chat/moderation/m1"} {
		alice.MayRead(filter, asked, nil)
	}
	anon.MayRead("chat/conversation/"+group, asked, nil)
}

func TestPeoplePublishOnTheirOwnUplinks(t *testing.T) {
	for name, want := range map[string]bool{
		"chat/user/alice/send": true, "chat/user/alice/receipts": true, "chat/user/alice/sync": true,
		"chat/user/alice/typing": true, "chat/user/alice/presence": true, "chat/message/send": true,
		"chat/user/alice/messages": false, "chat/user/alice/acks": false, "chat/user/bob/send": false,
		"chat/announcement": false, "chat/conversation/" + group: false, "chat/typing/" + group: false,
		"chat/moderation/m1": false, "other/user/alice/send": false, "other/message/send": false,
	} {
		parsed, err := topic.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := alice.MayPublish(parsed); got != want {
			t.Errorf("alice may publish on %s: %v", name, got)
		}
	}
}

func TestWhoIsAdmitted(t *testing.T) {
	now := time.Now()
	user := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleAdmin, ExpiresAt: now.Add(time.Hour)}
	with := func(change func(*auth.Principal)) auth.Principal {
		changed := user
		change(&changed)
		return changed
	}
	for name, tt := range map[string]struct {
		principal auth.Principal
		username  string
		want      access.Client
		refusal   access.Refusal
	}{
		"a user under their id":     {user, "alice", access.Client{Prefix: "chat", Subject: "alice", Moderator: true}, ""},
		"a user under another's":    {user, "bob", access.Client{}, access.RefusedUsername},
		"another application":       {with(func(p *auth.Principal) { p.ApplicationID = "unserved" }), "alice", access.Client{}, access.RefusedPrincipal},
		"a service":                 {with(func(p *auth.Principal) { p.Kind = auth.KindService }), "alice", access.Client{}, access.RefusedPrincipal},
		"an id that is no level":    {with(func(p *auth.Principal) { p.UserID = "a/b" }), "a/b", access.Client{}, access.RefusedPrincipal},
		"nobody":                    {auth.Principal{}, "", access.Client{}, access.RefusedPrincipal},
		"a token that is over":      {with(func(p *auth.Principal) { p.ExpiresAt = now }), "alice", access.Client{}, access.RefusedExpired},
		"a token that does not end": {with(func(p *auth.Principal) { p.ExpiresAt = time.Time{} }), "alice", access.Client{Prefix: "chat", Subject: "alice", Moderator: true}, ""},
		"a visitor": {
			auth.Principal{ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: strings.TrimPrefix(visitor, "anon:"), ConversationID: group},
			visitor, anon, "",
		},
	} {
		got, refusal := access.Admit(tt.principal, tt.username, map[string]string{"geosector": "chat"}, now)
		if got != tt.want || refusal != tt.refusal {
			t.Errorf("%s: %+v, refused for %q", name, got, refusal)
		}
	}
}
