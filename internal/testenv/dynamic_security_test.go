package testenv_test

import (
	"net/http"
	"testing"
	"time"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// Palabre beside a Mosquitto whose accounts its gateway keeps.

func withDynamicSecurity(t *testing.T) (*testenv.Env, *servers.MosquittoServer) {
	t.Helper()
	c := testenv.Config(t)
	broker, complete := testenv.WithDynamicSecurity(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	return env, broker
}

// adds brings somebody into a group, and answers their place.
func adds(t *testing.T, admin *testenv.Person, conversation, user string) *chatv1.Participant {
	t.Helper()
	p := new(chatv1.Participant)
	admin.Calls(http.MethodPost, "/api/chat/conversations/"+conversation+"/participants", map[string]any{"userId": user}).Into(t, p)
	return p
}

func removes(t *testing.T, admin *testenv.Person, p *chatv1.Participant) {
	t.Helper()
	path := "/api/chat/conversations/" + p.GetConversationId() + "/participants/" + p.GetId()
	if answer := admin.Calls(http.MethodDelete, path, nil); answer.Status != http.StatusOK {
		t.Fatalf("removing %s: HTTP %d: %s", p.GetUserId(), answer.Status, answer.Body)
	}
}

func TestOnlyMembersHearAConversationsTopic(t *testing.T) {
	env, _ := withDynamicSecurity(t)
	alice, bob, carol := env.Person(t, "alice"), env.Person(t, "bob"), env.Person(t, "carol")
	c := group(t, alice, bob.ID)
	on := "chat/conversation/" + c.GetId()
	bob.Receives("conversation.created")
	bob.Listens(on, "chat/typing/"+c.GetId())
	for _, filter := range []string{on, "chat/typing/" + c.GetId(), "chat/conversation/+", "chat/#", "#", "chat/user/alice/messages", "chat/user/+/messages"} {
		if carol.MayListen(filter) {
			t.Errorf("carol, who is not in it, may listen to %s", filter)
		}
	}
	alice.Sends(c.GetId(), "au groupe")
	if e := bob.ReceivesOn(on, "message.created"); e.GetMessage().GetContent() != "au groupe" {
		t.Errorf("bob received %v", e)
	}
}

func TestWhoIsRemovedHearsNothingMoreAtOnceAndWhoIsAddedMayListen(t *testing.T) {
	env, _ := withDynamicSecurity(t)
	alice, bob := env.Person(t, "alice"), env.Person(t, "bob")
	c := group(t, alice)
	on := "chat/conversation/" + c.GetId()
	place := adds(t, alice, c.GetId(), bob.ID)
	bob.Receives("participant.added")
	bob.Listens(on)

	removed := time.Now()
	removes(t, alice, place)
	ack := alice.Sends(c.GetId(), "sans bob")
	bob.Receives("participant.removed")
	t.Logf("removed %v after the call began", time.Since(removed))
	if bob.MayListen(on) {
		t.Error("bob, who is not in it any more, may listen")
	}
	pair := pair(t, alice, bob)
	alice.Sends(pair, "après") // bob hears it after whatever he hears of the group
	for e := bob.Receives("message.created"); e.GetConversationId() != pair; e = bob.Receives("message.created") {
		t.Errorf("bob received %v", e)
	}
	for _, e := range bob.SoFar() {
		if e.GetMessage().GetId() == ack.GetMessageId() {
			t.Errorf("bob, who was removed, received %v", e)
		}
	}

	adds(t, alice, c.GetId(), bob.ID)
	bob.Receives("participant.added")
	bob.Listens(on)
	alice.Sends(c.GetId(), "de retour")
	if e := bob.ReceivesOn(on, "message.created"); e.GetMessage().GetContent() != "de retour" {
		t.Errorf("bob received %v", e)
	}
}

func TestMembershipsAreRightAfterTheBrokerWasStartedAgain(t *testing.T) {
	for name, meanwhile := range map[string]func(*servers.MosquittoServer){
		"with its accounts":    func(*servers.MosquittoServer) {},
		"without its accounts": (*servers.MosquittoServer).LoseAccounts,
	} {
		t.Run(name, func(t *testing.T) {
			env, broker := withDynamicSecurity(t)
			alice, bob, carol := env.Person(t, "alice"), env.NewPerson(t, "bob"), env.Person(t, "carol")
			c := group(t, alice, bob.ID)
			on := "chat/conversation/" + c.GetId()
			place := adds(t, alice, c.GetId(), carol.ID)
			carol.Receives("participant.added")

			broker.Kill()
			meanwhile(broker)
			removes(t, alice, place)
			broker.Start()

			alice, bob, carol = env.Person(t, "alice"), env.Person(t, "bob"), env.Person(t, "carol")
			bob.Listens(on)
			alice.Sends(c.GetId(), "au groupe")
			bob.ReceivesOn(on, "message.created")
			if carol.MayListen(on) {
				t.Error("carol, who was removed meanwhile, may listen")
			}
		})
	}
}

func TestAGatewayThatTakesOverBringsAboutWhatChangedInBetween(t *testing.T) {
	c := testenv.Config(t)
	c.Database.URL = servers.Postgres(t)
	_, complete := testenv.WithDynamicSecurity(t, &c)
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat, app.RoleHTTP}
	services := testenv.StartProcess(t, c)
	c.Run = []app.Role{app.RoleMQTT}
	c.Services = map[app.Role]string{app.RoleChat: services.GRPC, app.RoleAudience: services.GRPC}
	active := testenv.StartProcess(t, c)
	env := services.Env()
	complete(env)
	alice, bob, carol := env.Person(t, "alice"), env.Person(t, "bob"), env.Person(t, "carol")
	conversation := group(t, alice, bob.ID)
	on := "chat/conversation/" + conversation.GetId()
	bob.Receives("conversation.created")
	bob.Listens(on)
	var bobsPlace *chatv1.Participant
	for _, p := range conversation.GetParticipants() {
		if p.GetUserId() == bob.ID {
			bobsPlace = p
		}
	}

	active.Kill()
	removes(t, alice, bobsPlace)
	adds(t, alice, conversation.GetId(), carol.ID)
	testenv.StartProcess(t, c) // and is ready
	carol.Receives("participant.added")
	carol.Listens(on)
	ack := alice.Sends(conversation.GetId(), "sans bob")
	carol.ReceivesOn(on, "message.created")
	bob.Receives("participant.removed")
	if bob.MayListen(on) {
		t.Error("bob, who was removed in between, may listen")
	}
	for _, e := range bob.SoFar() {
		if e.GetMessage().GetId() == ack.GetMessageId() {
			t.Errorf("bob, who was removed in between, received %v", e)
		}
	}
}

func TestNobodyPublishesInAnothersNameOrInThatOfTheGateway(t *testing.T) {
	env, _ := withDynamicSecurity(t)
	alice, bob, mallory := env.Person(t, "alice"), env.Person(t, "bob"), env.Person(t, "mallory")
	c := pair(t, alice, bob)
	forged := map[string]any{"conversationId": c, "content": "usurpation"}
	for _, topic := range []string{
		"chat/user/alice/send", "chat/user/bob/messages", "chat/user/mallory/messages", "chat/announcement",
		"chat/conversation/" + c, "chat/typing/" + c, "resalice/user/alice/send", "$CONTROL/dynamic-security/v1",
	} {
		mallory.Publishes(topic, forged) // Mosquitto acknowledges what it drops
	}
	alice.Sends(c, "vraiment moi")
	if got := bob.Receives("message.created").GetMessage().GetContent(); got != "vraiment moi" {
		t.Errorf("bob received %q", got)
	}
	if got := contents(history(t, alice, c, "")); len(got) != 1 {
		t.Errorf("the history is %q", got)
	}
	if soFar := append(bob.SoFar(), mallory.SoFar()...); len(soFar) != 0 {
		t.Errorf("heard besides: %v", soFar)
	}
}

func TestWhoLeavesTheDirectoryLosesTheirAccount(t *testing.T) {
	env, _ := withDynamicSecurity(t)
	bob := env.Person(t, "bob")
	backEnd := http.Header{"X-Api-Key": {testenv.APIKey}}
	answer := env.Call(t, http.MethodDelete, "/api/chat/directory/users?userIds=bob", nil, backEnd)
	if answer.Status != http.StatusOK {
		t.Fatalf("HTTP %d: %s", answer.Status, answer.Body)
	}
	bob.IsSentAway()
	if bob.MayConnect() {
		t.Error("bob may connect")
	}
}

func TestAVisitorIsLetInToTheirConversationAlone(t *testing.T) {
	c := testenv.Config(t)
	ours := c.Applications[testenv.App]
	ours.Features.Anonymous = true
	c.Applications[testenv.App] = ours
	_, complete := testenv.WithDynamicSecurity(t, &c)
	env := testenv.Start(t, c)
	complete(env)
	alice := env.Person(t, "alice")
	started := new(chatv1.StartAnonymousConversationResponse)
	env.Call(t, http.MethodPost, "/api/chat/anonymous", map[string]any{
		"applicationId": testenv.App, "deviceId": "d-1", "name": "Zoé", "recipientUserId": alice.ID,
	}, nil).Into(t, started)
	zoe := env.Visitor(t, started)
	zoe.Connects()
	zoe.Listens("chat/typing/" + started.GetConversation().GetId())
	if zoe.MayListen("chat/announcement") {
		t.Error("a visitor may hear announcements")
	}
	if ack := zoe.Sends(started.GetConversation().GetId(), "bonjour"); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("the ack is %v", ack)
	}
	path := "/api/chat/anonymous/" + started.GetAnonymousUser().GetId()
	if answer := zoe.Calls(http.MethodDelete, path, nil); answer.Status != http.StatusOK {
		t.Fatalf("erasing: HTTP %d: %s", answer.Status, answer.Body)
	}
	zoe.IsSentAway()
}
