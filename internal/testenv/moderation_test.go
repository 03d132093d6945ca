package testenv_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// Words that the rules of these tests have something to say to, and what.
const (
	wordHeld    = "pastis"
	wordMasked  = "fichtre"
	wordFlagged = "suspect"
)

func TestModerationInOneProcess(t *testing.T) {
	moderation(t, testenv.Start(t, testenv.Config(t)))
}

func TestModerationOnPostgreSQL(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	moderation(t, testenv.Start(t, c))
}

func TestModerationOnMariaDB(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.MariaDB(t)
	moderation(t, testenv.Start(t, c))
}

// moderation is the story of the queue, over REST and MQTT.
func moderation(t *testing.T, env *testenv.Env) {
	moderator := rules(t, env)
	t.Run("a held message waits, and gets its place when it is approved", func(t *testing.T) { approving(t, env, moderator) })
	t.Run("a held message that is rejected is for its sender alone", func(t *testing.T) { rejecting(t, env, moderator) })
	t.Run("a flagged message is taken back", func(t *testing.T) { takingBack(t, env, moderator) })
	t.Run("a masked message is masked for everybody", func(t *testing.T) { masking(t, env) })
	t.Run("what is taken back leaves no text in the queue", func(t *testing.T) { withdrawing(t, env, moderator) })
}

// rules sets the rules of these tests, and answers a moderator who hears of every message.
func rules(t *testing.T, env *testenv.Env) *testenv.Person {
	t.Helper()
	words := func(id, action, word string) map[string]any {
		return map[string]any{"id": id, "action": action, "words": map[string]any{"entries": []string{word}}}
	}
	env.Back(t, http.MethodPut, "/api/chat/moderation/rules", map[string]any{
		"moderatorEnabled": true, "badWords": []string{testenv.BadWord},
		"rules": []any{words("held", "hold", wordHeld), words("masked", "mask", wordMasked), words("flagged", "flag", wordFlagged)},
	}).Into(t, new(moderationv1.Rules))
	moderator := env.Admin(t, unique("adele"))
	moderator.Listens("chat/moderation/+")
	return moderator
}

// review is what the queue has of a message.
func review(t *testing.T, moderator *testenv.Person, messageID string) *moderationv1.Review {
	t.Helper()
	queue := new(moderationv1.ListReviewQueueResponse)
	moderator.Calls(http.MethodGet, "/api/chat/moderation/queue?limit=200", nil).Into(t, queue)
	i := slices.IndexFunc(queue.GetMessages(), func(r *moderationv1.Review) bool { return r.GetMessageId() == messageID })
	if i < 0 {
		return nil
	}
	return queue.GetMessages()[i]
}

// decides is a moderator's decision.
func decides(t *testing.T, moderator *testenv.Person, messageID, status string) {
	t.Helper()
	moderator.Calls(http.MethodPut, "/api/chat/moderation/queue/"+messageID, map[string]any{"status": status}).Into(t, new(moderationv1.Review))
}

// hearsOf waits until a moderator or a sender is told what became of a message.
func hearsOf(t *testing.T, who *testenv.Person, messageID string, status moderationv1.Verdict_Status) {
	t.Helper()
	m := new(chatv1.Moderation)
	who.HearsInto("chat/moderation/"+messageID, m)
	if m.GetStatus() != status {
		t.Errorf("%s hears %v, want %v", who.ID, m, status)
	}
}

func held(t *testing.T, alice *testenv.Person, c, content string) *chatv1.SendAck {
	t.Helper()
	ack := alice.Sends(c, content)
	if ack.GetStatus() != chatv1.SendAck_pending || ack.Seq != nil || ack.GetMessageId() == "" {
		t.Errorf("the ack is %v", ack)
	}
	return ack
}

func approving(t *testing.T, env *testenv.Env, moderator *testenv.Person) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	ack := held(t, alice, c, "Un "+wordHeld+" ?")
	hearsOf(t, moderator, ack.GetMessageId(), moderationv1.Verdict_pending)
	passed(t, bob.Sends(c, "entre-temps"))
	if got := contents(history(t, bob, c, "")); !slices.Equal(got, []string{"entre-temps"}) {
		t.Errorf("bob reads %q", got)
	}
	if got := contents(history(t, alice, c, "")); !slices.Equal(got, []string{"Un " + wordHeld + " ?", "entre-temps"}) {
		t.Errorf("alice reads %q", got)
	}
	if r := review(t, moderator, ack.GetMessageId()); r.GetContent() != "Un "+wordHeld+" ?" || r.GetSenderId() != alice.ID {
		t.Errorf("in the queue is %v", r)
	}
	if bob.MayListen("chat/moderation/"+ack.GetMessageId()) || !alice.MayListen("chat/moderation/"+ack.GetMessageId()) {
		t.Error("the sender, and nobody else of the conversation, may hear what becomes of the message")
	}
	decides(t, moderator, ack.GetMessageId(), "approved")
	if again := alice.Ack(); again.GetStatus() != chatv1.SendAck_sent || again.GetSeq() != 2 || again.GetClientMessageId() != ack.GetClientMessageId() {
		t.Errorf("alice is answered %v", again)
	}
	hearsOf(t, moderator, ack.GetMessageId(), moderationv1.Verdict_approved)
	for bobs := bob.Receives("message.created"); ; bobs = bob.Receives("message.created") {
		if bobs.GetMessage().GetId() == ack.GetMessageId() {
			break
		}
	}
	if got := contents(history(t, bob, c, "?afterSeq=0")); !slices.Equal(got, []string{"entre-temps", "Un " + wordHeld + " ?"}) {
		t.Errorf("bob reads %q", got)
	}
}

func rejecting(t *testing.T, env *testenv.Env, moderator *testenv.Person) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	ack := held(t, alice, c, "Un "+wordHeld+" ?")
	decides(t, moderator, ack.GetMessageId(), "rejected")
	again := alice.Ack()
	if again.GetStatus() != chatv1.SendAck_error || again.GetRefusal().GetReason() != "MESSAGE_REJECTED" || again.GetMessageId() != ack.GetMessageId() {
		t.Errorf("alice is answered %v", again)
	}
	path := "/api/chat/messages/" + ack.GetMessageId()
	m := new(chatv1.Message)
	alice.Calls(http.MethodGet, path, nil).Into(t, m)
	if m.GetModerationStatus() != chatv1.Message_rejected || !strings.Contains(m.GetContent(), wordHeld) {
		t.Errorf("alice reads %v", m)
	}
	if answer := bob.Calls(http.MethodGet, path, nil); answer.Status != http.StatusNotFound {
		t.Errorf("bob is answered HTTP %d", answer.Status)
	}
}

func takingBack(t *testing.T, env *testenv.Env, moderator *testenv.Person) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	ack := alice.Sends(c, "C'est "+wordFlagged)
	passed(t, ack)
	hearsOf(t, moderator, ack.GetMessageId(), moderationv1.Verdict_approved)
	decides(t, moderator, ack.GetMessageId(), "rejected")
	if e := bob.Receives("message.deleted"); e.GetMessage().GetId() != ack.GetMessageId() || e.GetMessage().GetContent() != "" {
		t.Errorf("bob is told %v", e)
	}
	if e := alice.Receives("message.moderated"); e.GetModeration().GetStatus() != moderationv1.Verdict_rejected {
		t.Errorf("alice is told %v", e)
	}
}

func masking(t *testing.T, env *testenv.Env) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	passed(t, alice.Sends(c, "Oh "+wordMasked+" alors"))
	want := "Oh " + strings.Repeat("*", len(wordMasked)) + " alors"
	for _, p := range []*testenv.Person{alice, bob} {
		if got := contents(history(t, p, c, "")); !slices.Equal(got, []string{want}) {
			t.Errorf("%s reads %q", p.ID, got)
		}
	}
}

func withdrawing(t *testing.T, env *testenv.Env, moderator *testenv.Person) {
	alice, bob := env.Person(t, unique("alice")), env.Person(t, unique("bob"))
	c := pair(t, alice, bob)
	ack := held(t, alice, c, "Un "+wordHeld+" ?")
	if answer := alice.Calls(http.MethodDelete, "/api/chat/messages/"+ack.GetMessageId(), nil); answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d", answer.Status)
	}
	late := time.After(testenv.Patience)
	for strings.Contains(review(t, moderator, ack.GetMessageId()).GetContent(), wordHeld) {
		select {
		case <-time.After(50 * time.Millisecond): // Nothing tells of it.
		case <-late:
			t.Fatal("the text is still in the queue")
		}
	}
}
