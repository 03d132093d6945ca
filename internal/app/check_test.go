package app_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

func TestCheckReachesValkeyAndDoesNotSayItsPassword(t *testing.T) {
	server := servers.Valkey(t)
	valkey := func() error {
		t.Helper()
		c, err := load(t, "valkey: {url: '"+server.URL+"'}")
		if err != nil {
			t.Fatal(err)
		}
		results, err := app.Check(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Name == "valkey" {
				return r.Err
			}
		}
		t.Fatalf("valkey is not among %v", results)
		return nil
	}
	if err := valkey(); err != nil {
		t.Errorf("it is there, and the answer is %v", err)
	}
	server.Kill()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	if err := valkey(); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("it is not there, and the answer is %v", err)
	}
}

func TestCheckWarnsOfAWebhookThatIsAwayAndDoesNotSayItsURL(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, "applications: {a: {webhooks: [{url: 'http://"+l.Addr().String()+"/?key=s3cret', secret: s}]}}")
	if err != nil {
		t.Fatal(err)
	}
	reached := func() app.CheckResult {
		t.Helper()
		results, err := app.Check(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		last := results[len(results)-1]
		if last.Name != "applications.a.webhooks[0]" || !last.Spared {
			t.Fatalf("the last is %+v", last)
		}
		return last
	}
	if r := reached(); r.Err != nil {
		t.Errorf("it is there, and the answer is %v", r.Err)
	}
	l.Close()
	if r := reached(); r.Err == nil || strings.Contains(r.Err.Error(), "s3cret") {
		t.Errorf("it is not there, and the answer is %v", r.Err)
	}
	c.Run = []app.Role{app.RoleChat, app.RoleModeration, app.RoleAudience}
	results, err := app.Check(t.Context(), c)
	if err != nil || strings.Contains(results[len(results)-1].Name, "webhooks") {
		t.Errorf("a process that does not post looks: %v, %v", results, err)
	}
}
