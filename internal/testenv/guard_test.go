package testenv_test

import (
	"flag"
	"fmt"
	"net/http"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/testenv"
)

// The embedded broker, from outside and with all that is behind it.

func TestAUserWhoIsTakenOutOfTheDirectoryIsSentAway(t *testing.T) {
	env := testenv.Start(t, testenv.Config(t))
	bob, alice := unique("bob"), env.Person(t, unique("alice"))
	phone, tablet := env.Person(t, bob), env.Person(t, bob)
	// The broker has to have seen him in the directory, where it looks every two seconds; nothing tells of that.
	time.Sleep(5 * time.Second)

	answer := env.Back(t, http.MethodDelete, "/api/chat/directory/users?userIds="+bob, nil)
	if answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
	began := time.Now()
	phone.IsSentAway()
	tablet.IsSentAway()
	t.Logf("sent away after %v", time.Since(began))
	if phone.MayConnect() {
		t.Error("he is let in again with the token from before")
	}
	alice.Listens("chat/announcement") // is still there
}

// poured is how many messages each of 20 people sends at once.
var poured = flag.Int("poured", 200, "how many messages each of 20 people sends without waiting for anything")

// 20 people send messages and wait for nothing: what is acknowledged is stored, or was answered.
func TestThousandsOfMessagesAtOnce(t *testing.T) {
	const senders = 20
	each := *poured
	env := testenv.Start(t, testenv.Config(t))
	bystander, friend := env.Person(t, unique("bystander")), env.Person(t, unique("friend"))
	aside := pair(t, bystander, friend)
	var people []*testenv.Person
	var conversations []string
	for range senders {
		p := env.Person(t, unique("sender"))
		people, conversations = append(people, p), append(conversations, pair(t, p, friend))
	}
	var waits []func()
	for i, p := range people {
		for n := range each {
			waits = append(waits, p.Pours(&chatv1.SendPayload{
				ConversationId: conversations[i], Content: fmt.Sprint(n), ClientMessageId: fmt.Sprint("m-", n),
			}))
		}
	}
	began := time.Now()
	passed(t, bystander.Sends(aside, "et moi ?"))
	t.Logf("somebody else is answered after %v", time.Since(began))
	for _, acknowledged := range waits {
		acknowledged()
	}
	for i, p := range people {
		list := new(chatv1.ListMessagesResponse)
		p.Calls(http.MethodGet, "/api/chat/conversations/"+conversations[i]+"/messages?limit=1", nil).Into(t, list)
		if seq := list.GetMessages()[0].GetSeq(); seq != int64(each) {
			t.Errorf("%d messages were acknowledged, and %d are stored", each, seq)
		}
	}
}
