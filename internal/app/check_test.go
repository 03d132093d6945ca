package app_test

import (
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
