package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

// grace is how long someone has to come back in these tests.
const grace = 300 * time.Millisecond

// newPresence is a world whose people are told of each other soon, and have some time to come back.
func newPresence(t *testing.T, grace time.Duration) *world {
	t.Helper()
	w := newWorld(t, func(c *chat.Config) {
		c.Now = time.Now
		c.PresenceTiming = chat.PresenceTiming{Digest: 20 * time.Millisecond, Return: grace}
	})
	w.runs(t)
	return w
}

// runs runs the service's work in the background until the test ends.
func (w *world) runs(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.service.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
}

// gateway makes calls as the MQTT gateway.
func gateway(t *testing.T) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{Kind: auth.KindPeer, Peer: "mqtt"})
}

// connects reports a session of each of some users of an application.
func (w *world) connects(t *testing.T, application string, users ...string) {
	t.Helper()
	w.reports(t, application, chatv1.Presence_online, users...)
}

func (w *world) disconnects(t *testing.T, users ...string) {
	t.Helper()
	w.reports(t, app, chatv1.Presence_offline, users...)
}

func (w *world) reports(t *testing.T, application string, status chatv1.Presence_Status, users ...string) {
	t.Helper()
	req := &chatv1.ReportPresenceRequest{}
	for _, u := range users {
		req.Sessions = append(req.Sessions, &chatv1.SessionReport{
			ApplicationId: application, UserId: u, SessionId: "1", Status: status, Ttl: durationpb.New(time.Minute),
		})
	}
	_, err := w.chat.ReportPresence(gateway(t), req)
	must(t, err)
}

// asking asks of users.
func asking(users ...string) *chatv1.ListPresenceRequest {
	return &chatv1.ListPresenceRequest{UserIds: users}
}

// told is what an answer says of each, as "bob online".
func told(t *testing.T) func(*chatv1.ListPresenceResponse, error) []string {
	t.Helper()
	return func(answer *chatv1.ListPresenceResponse, err error) []string {
		t.Helper()
		must(t, err)
		return words(answer.GetPresences())
	}
}

func words(presences []*chatv1.Presence) []string {
	list := []string{}
	for _, p := range presences {
		list = append(list, p.GetUserId()+" "+p.GetStatus().String())
	}
	return list
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestWhoIsOnlineIsSaidToThoseWhoShareAConversation(t *testing.T) {
	w := newWorld(t)
	w.group(t, "alice", "bob", "carol")
	w.group(t, "dave")
	w.connects(t, app, "bob", "dave")

	equal(t, "alice asks", told(t)(w.chat.ListPresence(as(t, "alice"), asking("carol", "bob", "dave", "bob", "nobody"))), "carol offline", "bob online")
	equal(t, "dave asks", told(t)(w.chat.ListPresence(as(t, "dave"), asking("alice", "bob"))))
	equal(t, "a back end asks", told(t)(w.chat.ListPresence(backEnd(t), asking("bob", "dave"))), "bob online", "dave online")

	w.disconnects(t, "bob")
	answer, err := w.chat.ListPresence(as(t, "alice"), asking("bob"))
	must(t, err)
	if seen := answer.GetPresences()[0].GetLastSeenAt().AsTime(); !seen.Equal(w.clock.Now()) {
		t.Errorf("bob was seen last at %v, want %v", seen, w.clock.Now())
	}
}

func TestPresenceIsAFeature(t *testing.T) {
	w := newWorld(t)
	w.connects(t, plain, "bob")
	ctx := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindService})
	_, err := w.chat.ListPresence(ctx, asking("bob"))
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	w.features[plain] = chat.Features{Presence: true}
	equal(t, "what was reported while it was off", told(t)(w.chat.ListPresence(ctx, asking("bob"))), "bob offline")
}

func TestOnlyComponentsReportAndWatchPresence(t *testing.T) {
	w := newWorld(t)
	_, err := w.chat.ReportPresence(as(t, "bob"), &chatv1.ReportPresenceRequest{})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	stream, err := w.chat.WatchPresence(backEnd(t), &chatv1.WatchPresenceRequest{})
	must(t, err)
	_, err = stream.Recv()
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
}

// watcher collects what a component is told.
type watcher struct {
	t    *testing.T
	news chan *chatv1.WatchPresenceResponse
}

func (w *world) watches(t *testing.T) *watcher {
	t.Helper()
	stream, err := w.chat.WatchPresence(gateway(t), &chatv1.WatchPresenceRequest{})
	must(t, err)
	_, err = stream.Header()
	must(t, err)
	seen := &watcher{t, make(chan *chatv1.WatchPresenceResponse, 1000)}
	go func() {
		for {
			news, err := stream.Recv()
			if err != nil {
				return
			}
			seen.news <- news
		}
	}()
	return seen
}

// next waits for the next digest, and answers who is told what: "alice: bob online, carol online".
func (w *watcher) next() []string {
	w.t.Helper()
	select {
	case digest := <-w.news:
		list := []string{}
		for _, a := range digest.GetAudiences() {
			var told []string
			for _, place := range a.GetPlaces() {
				told = append(told, words(digest.GetPresences()[place:place+1])...)
			}
			list = append(list, a.GetUserId()+": "+strings.Join(told, ", "))
		}
		slices.Sort(list)
		return list
	case <-time.After(10 * time.Second):
		w.t.Fatal("nothing is told")
		return nil
	}
}

func TestWhoComesAndGoesIsToldToTheirCompanions(t *testing.T) {
	w := newPresence(t, grace)
	w.group(t, "alice", "bob", "carol")
	w.group(t, "bob", "dave")
	watcher := w.watches(t)

	w.connects(t, app, "bob")
	equal(t, "bob comes", watcher.next(), "alice: bob online", "carol: bob online", "dave: bob online")
	w.connects(t, app, "alice", "carol", "dave")
	equal(t, "three come at once", watcher.next(),
		"alice: carol online", "bob: alice online, carol online, dave online", "carol: alice online")

	gone := time.Now()
	w.disconnects(t, "dave")
	equal(t, "dave goes", watcher.next(), "bob: dave offline")
	if waited := time.Since(gone); waited < grace {
		t.Errorf("it is told after %v, before it shows whether he comes back", waited)
	}
}

func TestWhoComesBackAtOnceWasNeverAway(t *testing.T) {
	w := newPresence(t, time.Minute)
	w.group(t, "alice", "bob", "carol")
	watcher := w.watches(t)
	w.connects(t, app, "bob")
	equal(t, "bob comes", watcher.next(), "alice: bob online", "carol: bob online")
	w.disconnects(t, "bob")
	w.connects(t, app, "bob")
	w.connects(t, app, "carol")
	equal(t, "the next that is told", watcher.next(), "alice: carol online", "bob: carol online")
}

func TestAGroupOf1000IsToldOfInOneDigest(t *testing.T) {
	w := newPresence(t, grace)
	members := make([]string, 999)
	for i := range members {
		members[i] = fmt.Sprintf("user-%03d", i)
	}
	w.group(t, "alice", members...)
	watcher := w.watches(t)
	w.connects(t, app, members...)
	digests, heard := 0, map[string]int{}
	for len(heard) < len(members) {
		for _, line := range watcher.next() {
			who, what, _ := strings.Cut(line, ": ")
			heard[who] += strings.Count(what, "online")
		}
		digests++
	}
	for _, m := range members {
		if heard[m] != len(members)-1 {
			t.Fatalf("%s is told of %d", m, heard[m])
		}
	}
	if _, absent := heard["alice"]; absent {
		t.Error("alice, who is not there, is told of a wide group")
	}
	// What a watcher is sent is bounded; nobody is told twice.
	if digests > 5 {
		t.Errorf("it takes %d digests", digests)
	}
}
