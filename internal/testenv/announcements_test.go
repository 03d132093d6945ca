package testenv_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// The story of announcements, from those who make them to those they are for.

func TestAnnouncementsInOneProcess(t *testing.T) {
	announcements(t, testenv.Start(t, testenv.Config(t)))
}

func TestAnnouncementsInOneProcessOnMariaDBWithMosquitto(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.MariaDB(t)
	complete := testenv.WithMosquitto(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	announcements(t, env)
}

func TestAnnouncementsAsProcessesOnPostgreSQL(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	env, _ := testenv.StartSplit(t, c)
	announcements(t, env)
}

func TestADeliveryGoesOnAfterTheProcessWasKilled(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")
	p := testenv.StartProcess(t, c)
	env := p.Env()
	var users []any
	for range 4000 {
		users = append(users, map[string]any{"userId": unique("member"), "role": "1", "entityId": "asso-9"})
	}
	settle(t, env, users...)
	last := env.Person(t, "zoe")
	settle(t, env, map[string]any{"userId": "zoe", "role": "1", "entityId": "asso-9"})
	root := env.NewPerson(t, "root")
	root.Token = testenv.TokenOf(t, testenv.App, "root", "9", "")
	a := announce(t, root, "entity", "asso-9")
	p.Kill()
	p.Start()
	last.Connects()
	if e := last.Receives("announcement.created"); e.GetMessage().GetId() != a.GetMessage().GetId() {
		t.Errorf("the last of the audience received %v", e)
	}
	done := awaitDelivery(t, root, a)
	if done.GetPublishedCount() != 4001 {
		t.Errorf("the delivery is %v", done)
	}
}

func announcements(t *testing.T, env *testenv.Env) {
	entity := unique("asso")
	root, anne := env.NewPerson(t, unique("root")), env.NewPerson(t, unique("anne"))
	root.Token = testenv.TokenOf(t, testenv.App, root.ID, "9", "")
	anne.Token = testenv.TokenOf(t, testenv.App, anne.ID, "2", entity)
	bob, stranger := env.Person(t, unique("bob")), env.Person(t, unique("dave"))
	settle(t, env,
		map[string]any{"userId": anne.ID, "name": "Anne", "role": "2", "entityId": entity, "entityName": "Les Amis"},
		map[string]any{"userId": bob.ID, "name": "Bob", "role": "1", "entityId": entity},
		map[string]any{"userId": stranger.ID, "name": "David", "role": "1", "entityId": entity + "-2"},
	)

	t.Run("an admin writes to their entity, and its members receive it", func(t *testing.T) {
		a := announce(t, anne, "entity", entity)
		e := bob.Receives("announcement.created")
		if e.GetMessage().GetId() != a.GetMessage().GetId() || e.GetTitle() != "Assemblée" || !e.GetMessage().GetIsAnnouncement() {
			t.Errorf("bob received %v", e)
		}
		if got := listed(t, bob); len(got) != 1 || got[0].GetConversation().GetUnreadCount() != 1 {
			t.Errorf("bob's announcements are %v", got)
		}
		if got := listed(t, stranger); len(got) != 0 {
			t.Errorf("one of another entity sees %v", got)
		}
		if answer := stranger.Calls(http.MethodGet, "/api/chat/announcements/"+a.GetConversation().GetId(), nil); answer.Status != http.StatusNotFound {
			t.Errorf("one of another entity is answered %d", answer.Status)
		}
		if ack := bob.Sends(a.GetConversation().GetId(), "Présent"); ack.GetStatus() != chatv1.SendAck_error || ack.GetRefusal().GetReason() != "REPLY_NOT_ALLOWED" {
			t.Errorf("bob's reply is %v", ack)
		}
	})

	t.Run("who has read is counted and named, for the author", func(t *testing.T) {
		a := announce(t, anne, "entity", entity)
		id := a.GetConversation().GetId()
		bob.Receives("announcement.created")
		bob.Publishes("chat/user/"+bob.ID+"/receipts", map[string]any{"conversationId": id, "read": 1})
		bob.Receives("receipt.read")
		stats := new(audiencev1.AnnouncementStatsResponse)
		anne.Calls(http.MethodGet, "/api/chat/announcements/"+id+"/stats", nil).Into(t, stats)
		if stats.GetAudienceCount() != 2 || stats.GetReadCount() != 1 || stats.GetUnreadCount() != 1 ||
			len(stats.GetReaders()) != 1 || stats.GetReaders()[0].GetUserId() != bob.ID || stats.GetReaders()[0].GetName() != "Bob" {
			t.Errorf("the statistics are %v", stats)
		}
		if answer := bob.Calls(http.MethodGet, "/api/chat/announcements/"+id+"/stats", nil); answer.Status == http.StatusOK {
			t.Errorf("bob is answered %s", answer.Body)
		}
	})

	t.Run("an admin may not go beyond their entity, nor a member anywhere", func(t *testing.T) {
		for _, try := range []struct {
			by           *testenv.Person
			target, what string
		}{{anne, "all", ""}, {anne, "entity", entity + "-2"}, {bob, "entity", entity}} {
			answer := try.by.Calls(http.MethodPost, "/api/chat/announcements", announcement(try.target, try.what))
			if answer.Status != http.StatusForbidden || answer.Reason(t) != "NOT_ALLOWED" {
				t.Errorf("%s to %s: %d %s", try.by.ID, try.what, answer.Status, answer.Body)
			}
		}
	})

	t.Run("a super admin writes to everyone, on one topic", func(t *testing.T) {
		stranger.Listens("chat/announcement")
		a := announce(t, root, "all", "")
		if e := stranger.ReceivesOn("chat/announcement", "announcement.created"); e.GetMessage().GetId() != a.GetMessage().GetId() {
			t.Errorf("received is %v", e)
		}
		if d := awaitDelivery(t, root, a); d.GetPublishedCount() < 3 {
			t.Errorf("the delivery is %v", d)
		}
	})

	t.Run("who was away finds it by sync, and who joins later finds it too", func(t *testing.T) {
		late := env.Person(t, unique("eve"))
		_, cursor := late.Syncs("")
		a := announce(t, anne, "entity", entity)
		if got := listed(t, late); len(got) != 1 {
			t.Errorf("before joining, there is only what is for everyone: %v", got)
		}
		settle(t, env, map[string]any{"userId": late.ID, "role": "1", "entityId": entity})
		events, _ := late.Syncs(cursor)
		if len(events) != 1 || events[0].GetMessage().GetId() != a.GetMessage().GetId() {
			t.Errorf("sync answers %v", events)
		}
		if got := listed(t, late); len(got) != 4 {
			t.Errorf("after joining they see %d announcements", len(got))
		}
	})
}

// settle tells the directory of users, as the back end.
func settle(t *testing.T, env *testenv.Env, users ...any) {
	t.Helper()
	if answer := env.Back(t, http.MethodPut, "/api/chat/directory/users", map[string]any{"users": users}); answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
}

func announcement(target, id string) map[string]any {
	return map[string]any{"title": "Assemblée", "content": "Samedi à 10 h", "targets": []any{map[string]any{"targetType": target, "targetId": id}}}
}

// announce makes an announcement.
func announce(t *testing.T, author *testenv.Person, target, id string) *chatv1.Announcement {
	t.Helper()
	a := new(chatv1.Announcement)
	author.Calls(http.MethodPost, "/api/chat/announcements", announcement(target, id)).Into(t, a)
	return a
}

// listed answers the announcements that someone sees.
func listed(t *testing.T, p *testenv.Person) []*chatv1.Announcement {
	t.Helper()
	list := new(chatv1.ListAnnouncementsResponse)
	p.Calls(http.MethodGet, "/api/chat/announcements", nil).Into(t, list)
	return list.GetAnnouncements()
}

// awaitDelivery waits until an announcement's author is told that it is delivered.
func awaitDelivery(t *testing.T, author *testenv.Person, a *chatv1.Announcement) *chatv1.AnnouncementDelivery {
	t.Helper()
	for late := time.Now().Add(testenv.Patience); time.Now().Before(late); <-time.After(20 * time.Millisecond) {
		now := new(chatv1.Announcement)
		author.Calls(http.MethodGet, "/api/chat/announcements/"+a.GetConversation().GetId(), nil).Into(t, now)
		if now.GetDelivery().GetStatus() == chatv1.AnnouncementDelivery_done {
			return now.GetDelivery()
		}
	}
	t.Fatal("the announcement is not delivered")
	return nil
}
