package testenv_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/testenv"
	"github.com/palabre/palabre/services/chat"
)

// teller tells stories on one server.
type teller struct {
	env  *testenv.Env
	grpc chatv1.ChatServiceClient
	// moderation is how a component reaches it.
	moderation moderationv1.ModerationServiceClient
}

func newTeller(t *testing.T) *teller {
	t.Helper()
	c := testenv.Config(t)
	c.PeerSecret = "test-peer-secret-0123456789-0123456789"
	ours, other := c.Applications[testenv.App], c.Applications[testenv.Other]
	ours.Attachments.MediaTypes = []string{"application/json"} // A file that the table can read.
	ours.Features.Anonymous, ours.Anonymous = true, chat.VisitorRules{DeviceLimit: -1, AddressLimit: -1}
	other.Features, other.Auth.APIKeys = chat.Features{}, []string{apiKeyElsewhere}
	c.Applications[testenv.App], c.Applications[testenv.Other] = ours, other
	env := testenv.Start(t, c)
	conn, err := grpc.NewClient(env.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	peer, err := rpc.Dial(env.GRPC, rpc.DialConfig{Component: "chat", PeerSecret: []byte(c.PeerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	return &teller{env, chatv1.NewChatServiceClient(conn), moderationv1.NewModerationServiceClient(peer)}
}

// story is what a row finds: alice and bob in a group and in a pair, a message of each in the group, zoe who visits alice,
// and an announcement to the entity of all but dave.
type story struct {
	*teller
	t      *testing.T
	entity string
	users  map[caller]string
	// visitorToken is zoe's.
	visitorToken string
	// known are names and what they stand for, as names replaces them.
	known []string
	names *strings.Replacer
	// secrets are what nobody elsewhere may be told.
	secrets []string
}

// everyone are the users of a story.
var everyone = []caller{alice, bob, carol, boss, dave}

// tell begins a story with people and an entity that no other knows.
func (e *teller) tell(t *testing.T) *story {
	t.Helper()
	s := &story{teller: e, t: t, entity: unique("asso"), users: map[caller]string{}, names: strings.NewReplacer()}
	for _, c := range everyone {
		s.users[c] = unique(string(c))
		s.users[c.elsewhere()] = s.users[c]
	}
	s.knows("{entity}", s.entity, "{nothing}", "0190a3f0-7c5e-7cc3-8a3e-0123456789ab")
	for _, c := range everyone {
		s.knows("{"+string(c)+"}", s.users[c])
	}
	s.directory()
	s.conversations()
	s.files()
	s.visit()
	s.announcement()
	s.reviews()
	return s
}

// knows gives things their names.
func (s *story) knows(names ...string) {
	s.known = append(s.known, names...)
	s.names = strings.NewReplacer(s.known...)
}

// keeps gives things of the application their names: nobody elsewhere may be told of them.
func (s *story) keeps(names ...string) {
	s.knows(names...)
	for i := 1; i < len(names); i += 2 {
		s.secrets = append(s.secrets, names[i])
	}
}

// directory tells of bob, and of no other.
func (s *story) directory() {
	s.t.Helper()
	s.does(backEnd, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}","name":"Bob","role":"1","entityId":"{entity}"}]}`, nil)
}

// conversations are a group and a pair of alice and bob, with a message of each in the group. Bob has edited his.
func (s *story) conversations() {
	s.t.Helper()
	c, pair := new(chatv1.Conversation), new(chatv1.Conversation)
	s.does(alice, "POST /api/chat/conversations", `{"type":"group","title":"L'équipe","participants":[{"userId":"{bob}"}]}`, c)
	s.does(alice, "POST /api/chat/conversations", `{"type":"one_to_one","participants":[{"userId":"{bob}"}]}`, pair)
	s.keeps("{group}", c.GetId(), "{pair}", pair.GetId())
	for _, p := range c.GetParticipants() {
		s.keeps(map[string]string{s.users[alice]: "{aliceThere}", s.users[bob]: "{bobThere}"}[p.GetUserId()], p.GetId())
	}
	s.keeps("{aliceMessage}", s.says(alice, c.GetId()), "{bobMessage}", s.says(bob, c.GetId()))
	s.does(bob, "PUT /api/chat/messages/{bobMessage}", `{"content":"Bonjour !"}`, new(chatv1.Message))
}

// files are alice's: one that she has sent to bob, and one that she has not.
func (s *story) files() {
	s.t.Helper()
	sent, unsent := new(chatv1.Attachment), new(chatv1.Attachment)
	s.does(alice, "POST /api/chat/attachments", form(part{"file", "plan.json", fileContent}), sent)
	s.does(alice, "POST /api/chat/attachments", form(part{"file", "later.json", fileContent}), unsent)
	ctx := metadata.AppendToOutgoingContext(context.WithoutCancel(s.t.Context()), "authorization", s.credentials(alice).Get("Authorization"))
	_, err := s.grpc.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: s.names.Replace("{pair}"), AttachmentIds: []string{sent.GetId()}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.keeps("{file}", sent.GetId(), "{unsent}", unsent.GetId())
}

// visit is zoe's, who writes to alice.
func (s *story) visit() {
	s.t.Helper()
	visit := new(chatv1.StartAnonymousConversationResponse)
	s.does(nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","name":"Zoé","recipientUserId":"{alice}"}`, visit)
	s.visitorToken = visit.GetToken()
	s.keeps("{visitor}", visit.GetAnonymousUser().GetId(), "{visit}", visit.GetConversation().GetId(), "{visitorToken}", visit.GetToken())
}

// announcement is boss's, to their entity.
func (s *story) announcement() {
	s.t.Helper()
	a := new(chatv1.Announcement)
	s.does(boss, "POST /api/chat/announcements", `{"title":"Assemblée","content":"Samedi","targets":[{"targetType":"entity","targetId":"{entity}"}]}`, a)
	s.keeps("{announcement}", a.GetConversation().GetId())
}

// reviews are of messages that wait for a moderator: bob's, boss's and zoe's; of one of bob's that was rejected, and of one
// that everybody sees and moderators look at.
func (s *story) reviews() {
	s.t.Helper()
	s.keeps("{bobHeld}", s.holds(s.users[bob], false), "{bossHeld}", s.holds(s.users[boss], false),
		"{zoeHeld}", s.holds("anon:"+s.names.Replace("{visitor}"), false),
		"{bobRejected}", s.holds(s.users[bob], false), "{bobFlagged}", s.holds(s.users[bob], true))
	s.does(boss, "PUT /api/chat/moderation/queue/{bobRejected}", `{"status":"rejected"}`, new(moderationv1.Review))
}

// holds puts a message into the review queue, as the chat service does, and answers its id.
func (s *story) holds(sender string, isPublished bool) string {
	s.t.Helper()
	id := uuid.NewString()
	ctx := auth.ActAs(s.t.Context(), auth.Principal{ApplicationID: testenv.App, Kind: auth.KindPeer, Peer: "chat"})
	_, err := s.moderation.HoldMessage(ctx, &moderationv1.HoldMessageRequest{Review: &moderationv1.Review{
		MessageId: id, ConversationId: s.names.Replace("{group}"), SenderId: sender, Content: "Quel " + testenv.BadWord,
		Reasons:     []*moderationv1.Reason{{Rule: "bad_words", Category: "profanity", Start: 5, End: 8, Action: moderationv1.Rule_hold}},
		IsPublished: isPublished,
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// does makes a call that succeeds.
func (s *story) does(as caller, call, body string, into proto.Message) {
	s.t.Helper()
	answer := s.calls(as, call, body)
	if answer.Status != http.StatusOK {
		s.t.Fatalf("%s %s: HTTP %d: %s", call, body, answer.Status, answer.Body)
	}
	if into != nil {
		answer.Into(s.t, into)
	}
}

// in is the same story, told to a test within.
func (s *story) in(t *testing.T) *story {
	same := *s
	same.t = t
	return &same
}

// says sends a message, and answers its id.
func (s *story) says(as caller, conversation string) string {
	s.t.Helper()
	ctx := metadata.AppendToOutgoingContext(context.WithoutCancel(s.t.Context()), "authorization", s.credentials(as).Get("Authorization"))
	m, err := s.grpc.SendMessage(ctx, &chatv1.SendMessageRequest{ConversationId: conversation, Content: "Bonjour"})
	if err != nil {
		s.t.Fatal(err)
	}
	return m.GetId()
}

// calls makes a call as one of the story.
func (s *story) calls(as caller, call, body string) testenv.Answer {
	s.t.Helper()
	method, path, _ := strings.Cut(s.names.Replace(call), " ")
	var content any
	if body != "" {
		content = s.names.Replace(body)
	}
	header := s.credentials(as)
	if strings.HasPrefix(body, "--"+formBoundary) {
		header.Set("Content-Type", "multipart/form-data; boundary="+formBoundary)
	}
	return s.env.Call(s.t, method, path, content, header)
}

// seen is what alice and the back end see.
func (s *story) seen() string {
	s.t.Helper()
	var all strings.Builder
	for _, r := range []row{
		{as: alice, call: "GET /api/chat/conversations"},
		{as: alice, call: "GET /api/chat/conversations/{group}"},
		{as: alice, call: "GET /api/chat/conversations/{group}/messages"},
		{as: alice, call: "GET /api/chat/conversations/{group}/participants"},
		{as: backEnd, call: "GET /api/chat/directory/users?userIds={bob}"},
		{as: backEnd, call: "GET /api/chat/moderation/rules"},
		{as: backEnd, call: "GET /api/chat/moderation/queue"},
		{as: backEnd, call: "GET /api/chat/moderation/log"},
	} {
		answer := s.calls(r.as, r.call, "")
		if answer.Status != http.StatusOK {
			s.t.Fatalf("%s: HTTP %d: %s", r.call, answer.Status, answer.Body)
		}
		all.Write(answer.Body)
	}
	return all.String()
}

const apiKeyElsewhere = "test-api-key-of-resalice-0123456789"

// credentials are the headers that say who calls.
func (s *story) credentials(as caller) http.Header {
	switch as {
	case nobody:
		return http.Header{}
	case backEnd:
		return http.Header{"X-Api-Key": {testenv.APIKey}}
	case backEndElsewhere:
		return http.Header{"X-Api-Key": {apiKeyElsewhere}}
	case zoe:
		return http.Header{"Authorization": {"Bearer " + s.visitorToken}}
	}
	application, role, entity := testenv.App, "1", s.entity
	if as.isElsewhere() {
		application = testenv.Other
	}
	if as == boss || as == bossElsewhere {
		role = "2"
	}
	if as == dave || as == dave.elsewhere() {
		entity = "another-" + entity
	}
	return http.Header{"Authorization": {"Bearer " + testenv.TokenOf(s.t, application, s.users[as], role, entity)}}
}
