package testenv

import (
	"net/http"
	"strings"
	"testing"
)

// The check that every scenario relies on finds what it is there to find.
func TestAnswersAreHeldAgainstTheDocument(t *testing.T) {
	env := Start(t, Config(t))
	c := env.contract(t)
	const (
		changes = "/api/chat/messages/0190a3f0-7c5e-7cc3-8a3e-0123456789ab/changes"
		change  = `{"id":"1","messageId":"2","action":"edited","userId":"alice","at":"2026-01-31T08:00:00Z"}`
		problem = `{"code":5,"message":"gone","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"NOT_FOUND","domain":"palabre","metadata":{}}]}`
	)
	for name, tt := range map[string]struct {
		method, path string
		status       int
		body         string
		wrong        string // what the check says; empty when all is well
	}{
		"an answer":                 {http.MethodGet, changes, 200, `{"changes":[` + change + `]}`, ""},
		"an error":                  {http.MethodGet, changes, 404, problem, ""},
		"an error of any operation": {http.MethodGet, changes, 503, strings.ReplaceAll(problem, "NOT_FOUND", "UNAVAILABLE"), ""},
		"an error of no path":       {http.MethodGet, "/api/chat/nothing", 404, problem, ""},
		"no JSON":                   {http.MethodGet, changes, 200, `{`, "EOF"},
		"an unknown property":       {http.MethodGet, changes, 200, `{"changes":[],"more":true}`, "'more' not allowed"},
		"a property left out":       {http.MethodGet, changes, 200, `{"changes":[{"id":"1"}]}`, "missing properties"},
		"another type":              {http.MethodGet, changes, 200, strings.ReplaceAll(`{"changes":[X]}`, "X", strings.ReplaceAll(change, `"1"`, `1`)), "want string"},
		"another word":              {http.MethodGet, changes, 200, `{"changes":[` + strings.ReplaceAll(change, "edited", "action_unspecified") + `]}`, "must be one of"},
		"no time":                   {http.MethodGet, changes, 200, `{"changes":[` + strings.ReplaceAll(change, "2026-01-31T08:00:00Z", "31/01/2026") + `]}`, "date-time"},
		"a number beyond":           {http.MethodGet, "/api/chat/audience-targets", 200, `{"targets":[{"name":"","userCount":"9223372036854775808"}]}`, "int64"},
		"no success":                {http.MethodGet, changes, 201, `{}`, "status"},
		"a reason it does not have": {http.MethodGet, changes, 404, strings.ReplaceAll(problem, "NOT_FOUND", "LAST_ADMIN"), "LAST_ADMIN"},
		"an error without reason":   {http.MethodGet, changes, 404, `{"code":5,"message":"gone","details":[]}`, "reason"},
		"a detail that is none":     {http.MethodGet, changes, 404, strings.ReplaceAll(problem, "ErrorInfo", "DebugInfo"), "must be one of"},
		"a path it does not have":   {http.MethodGet, "/api/chat/nothing", 200, `{}`, "path"},
		"a method it does not have": {http.MethodPost, changes, 200, `{}`, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.check(tt.method, tt.path, Answer{Status: tt.status, Body: []byte(tt.body)})
			if tt.wrong == "" && err != nil {
				t.Errorf("it is said to be wrong: %v", err)
			}
			if tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
				t.Errorf("it is said to have %v, want %q", err, tt.wrong)
			}
		})
	}
}
