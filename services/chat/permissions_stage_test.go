package chat_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// state is a conversation and someone who acts in it.
type state struct {
	kind       string
	permission chatv1.Conversation_ReplyPermission
	expired    bool
	// actor is what the one who acts is: a place in the document's words, or one of the strangers.
	actor string
	// creator says that they created the conversation, besides.
	creator bool
	// canReply is theirs, where they are a participant.
	canReply *bool
	// host says how a user calls: with their token, as super admin of the host product, or through a back end.
	host string
}

// strangers have no place: someone who never had one, one who was in it before, and one who has the id of a participant in
// another application.
var strangers = []string{"outsider", "former member", "namesake"}

func (s state) isStranger() bool { return slices.Contains(strangers, s.actor) }

func (s state) String() string {
	canReply := "unset"
	if s.canReply != nil {
		canReply = fmt.Sprint(*s.canReply)
	}
	return fmt.Sprintf("%s (%v, expired %v), acted in by: %s, creator %v, canReply %s, %s",
		s.kind, s.permission, s.expired, s.actor, s.creator, canReply, s.host)
}

// actors are who can act in a conversation of a type.
var actors = map[string][]string{
	"one_to_one":   {"member", "back end", "outsider", "namesake"},
	"group":        {"admin", "member", "read_only", "back end", "outsider", "former member", "namesake"},
	"broadcast":    {"admin", "member", "read_only", "back end", "outsider", "former member", "namesake"},
	"anonymous":    {"admin", "member", "visitor", "back end", "outsider", "namesake"},
	"announcement": {"admin", "addressee", "back end", "outsider", "namesake"},
}

func anyOf[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

func randomState(random *rand.Rand) state {
	yes, no := true, false
	s := state{
		kind:       anyOf(random, "one_to_one", "group", "broadcast", "anonymous", "announcement"),
		permission: anyOf(random, chatv1.Conversation_all, chatv1.Conversation_admins_only, chatv1.Conversation_sender_only, chatv1.Conversation_none),
		expired:    random.IntN(4) == 0,
		canReply:   anyOf(random, nil, nil, &yes, &no),
		host:       anyOf(random, "user", "super admin", "through a back end"),
	}
	s.actor = anyOf(random, actors[s.kind]...)
	if s.isStranger() || s.actor == "back end" || s.kind == "announcement" {
		s.canReply = nil
	}
	switch {
	case s.isStranger() || s.actor == "back end":
	case s.kind == "one_to_one" || s.column() == "group, broadcast":
		s.creator = random.IntN(2) == 0
	case s.kind == "announcement":
		s.creator = s.actor == "admin"
	case s.kind == "anonymous":
		s.creator = s.actor != "admin" // The visitor began it, whoever they are by now.
	}
	return s
}

// stage is a state that was made on the server.
type stage struct {
	*world
	t *testing.T
	state
	// name makes the people of this stage unlike those of others.
	name string
	// ctx makes the calls of the one who acts.
	ctx          context.Context
	conversation *chatv1.Conversation
	// me and other are participants, or whom they would be.
	me, other *chatv1.Participant
	// visitor is the anonymous user, where there is one.
	visitor string
	// own and theirs are messages of the one who acts, and of somebody else.
	own, theirs string
	// ended says that the state is not what it was any more.
	ended bool
}

// person is a user of the stage.
func (st *stage) person(who string) string { return who + "-" + st.name }

// by makes calls in the name of a user of the stage.
func (st *stage) by(user string) context.Context { return as(st.t, user) }

// build makes a state on the server, through its calls.
func (w *world) build(t *testing.T, s state, name string) *stage {
	t.Helper()
	st := &stage{world: w, t: t, state: s, name: name, me: new(chatv1.Participant), other: new(chatv1.Participant)}
	st.ctx = st.calls(st.person("me"))
	switch s.kind {
	case "anonymous":
		st.buildVisit()
	case "announcement":
		st.buildAnnouncement()
	default:
		st.buildNamed()
	}
	st.settle()
	return st
}

// calls is how the one who acts calls.
func (st *stage) calls(user string) context.Context {
	p := auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: user, RoleKind: auth.RoleMember}
	switch {
	case st.actor == "back end":
		return backEnd(st.t)
	case st.actor == "namesake":
		p.ApplicationID, p.UserID = neighbour, st.person("other")
	case st.host == "super admin":
		p.RoleKind = auth.RoleSuperAdmin
	case st.host == "through a back end":
		p.Kind, p.RoleKind = auth.KindService, ""
	}
	return auth.ActAs(st.t.Context(), p)
}

// buildNamed makes a conversation of participants who were named.
func (st *stage) buildNamed() {
	creator, with := st.person("other"), []*chatv1.NewParticipant{{UserId: st.person("other")}}
	if st.creator {
		creator = st.person("me")
	}
	takesPart := st.actor != "back end" && st.actor != "outsider" && st.actor != "namesake"
	if takesPart {
		with = append(with, &chatv1.NewParticipant{UserId: st.person("me")})
	}
	if st.kind != "one_to_one" || !takesPart {
		with = append(with, &chatv1.NewParticipant{UserId: st.person("third")})
	}
	c, err := st.chat.CreateConversation(st.by(creator), &chatv1.CreateConversationRequest{
		Type:            chatv1.Conversation_Type(chatv1.Conversation_Type_value[st.kind]),
		ReplyPermission: chatv1.Conversation_all,
		Participants:    with,
	})
	must(st.t, err)
	st.conversation, st.other = c, participantOf(st.t, c, st.person("other"))
	st.theirs = st.send(st.t, st.person("other"), c.GetId(), "à eux").GetId()
	st.own = st.theirs
	if !takesPart {
		return
	}
	st.me = participantOf(st.t, c, st.person("me"))
	st.own = st.send(st.t, st.person("me"), c.GetId(), "à moi").GetId()
	if st.kind != "one_to_one" {
		st.giveRoles()
	}
}

// giveRoles gives the one who acts their role, beside an admin who stays.
func (st *stage) giveRoles() {
	st.update(st.other, &chatv1.UpdateParticipantRequest{Role: chatv1.Participant_admin.Enum()})
	if st.actor == "former member" {
		_, err := st.chat.RemoveParticipant(backEnd(st.t), &chatv1.RemoveParticipantRequest{ConversationId: st.conversation.GetId(), ParticipantId: st.me.GetId()})
		must(st.t, err)
		return
	}
	role := chatv1.Participant_Role(chatv1.Participant_Role_value[st.actor])
	st.update(st.me, &chatv1.UpdateParticipantRequest{Role: role.Enum()})
	// Whom an admin can do things to, so that an admin stays.
	st.other = participantOf(st.t, st.conversation, st.person("third"))
}

// buildVisit makes a visitor's conversation.
func (st *stage) buildVisit() {
	recipient := st.person("other")
	if st.actor == "admin" {
		recipient = st.person("me")
	}
	answer, err := st.chat.StartAnonymousConversation(st.t.Context(), &chatv1.StartAnonymousConversationRequest{
		ApplicationId: app, DeviceId: st.name, Name: "Zoé", Email: "zoe@example.org", RecipientUserId: recipient,
	})
	must(st.t, err)
	st.conversation, st.visitor = answer.GetConversation(), answer.GetAnonymousUser().GetId()
	visitor := bearing(st.t, answer.GetToken())
	byVisitor := st.says(visitor, st.t, st.conversation.GetId(), "de la visite").GetId()
	byUser := st.send(st.t, recipient, st.conversation.GetId(), "à vous").GetId()
	members := st.conversation.GetParticipants()
	i := slices.IndexFunc(members, func(p *chatv1.Participant) bool { return p.GetAnonymousId() != "" })
	guest, user := members[i], members[1-i]
	st.own, st.theirs, st.me, st.other = byVisitor, byUser, guest, user
	switch st.actor {
	case "admin":
		st.own, st.theirs, st.me, st.other = byUser, byVisitor, user, guest
	case "visitor":
		st.ctx = visitor
	case "member":
		_, err := st.chat.ConvertAnonymousUser(backEnd(st.t), &chatv1.ConvertAnonymousUserRequest{Id: st.visitor, UserId: st.person("me")})
		must(st.t, err)
		c, err := st.chat.GetConversation(backEnd(st.t), &chatv1.GetConversationRequest{Id: st.conversation.GetId()})
		must(st.t, err)
		st.me = participantOf(st.t, c, st.person("me"))
	}
}

// buildAnnouncement makes an announcement to an entity of the stage.
func (st *stage) buildAnnouncement() {
	entity := st.person("entity")
	people := []*audiencev1.User{{UserId: st.person("reader"), EntityId: entity}}
	if st.actor == "addressee" {
		people = append(people, &audiencev1.User{UserId: st.person("me"), EntityId: entity})
	}
	st.world.settle(st.t, people...)
	author := st.person("other")
	if st.actor == "admin" {
		author = st.person("me")
	}
	a := st.announce(st.t, st.rootNamed(author), &chatv1.CreateAnnouncementRequest{
		Title: "Avis", Content: "À tous", Targets: []*audiencev1.AudienceTarget{toEntity(entity)}, ReplyPermission: chatv1.Conversation_all,
	})
	st.conversation, st.theirs = a.GetConversation(), a.GetMessage().GetId()
	st.other = participantOf(st.t, st.conversation, author)
	reply := st.send(st.t, st.person("reader"), st.conversation.GetId(), "merci").GetId()
	st.own = st.theirs
	switch st.actor {
	case "admin":
		st.own, st.theirs = a.GetMessage().GetId(), reply
	case "addressee":
		st.own = st.send(st.t, st.person("me"), st.conversation.GetId(), "bien reçu").GetId()
	}
}

func (st *stage) rootNamed(user string) context.Context {
	return auth.ActAs(st.t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: user, RoleKind: auth.RoleSuperAdmin})
}

// settle gives the conversation the rest of the state, once everyone has written.
func (st *stage) settle() {
	if st.actor == "back end" {
		st.own = st.says(backEnd(st.t), st.t, st.conversation.GetId(), "du système").GetId()
	}
	if st.canReply != nil {
		st.update(st.me, &chatv1.UpdateParticipantRequest{CanReply: st.canReply})
	}
	id := st.conversation.GetId()
	_, err := st.chat.SetReplyPermission(backEnd(st.t), &chatv1.SetReplyPermissionRequest{Id: id, ReplyPermission: st.permission})
	must(st.t, err)
	if st.expired {
		_, err := st.chat.UpdateConversation(backEnd(st.t), &chatv1.UpdateConversationRequest{Id: id, ExpiryDate: timestamppb.New(st.clock.Now())})
		must(st.t, err)
	}
}

// update changes a participant, as the back end.
func (st *stage) update(p *chatv1.Participant, req *chatv1.UpdateParticipantRequest) {
	st.t.Helper()
	req.ConversationId, req.ParticipantId = st.conversation.GetId(), p.GetId()
	_, err := st.chat.UpdateParticipant(backEnd(st.t), req)
	must(st.t, err)
}

// call makes a call of a client without looking at its answer.
func call[Req, Answer any](ctx context.Context, method func(context.Context, Req, ...grpc.CallOption) (Answer, error), req Req) error {
	_, err := method(ctx, req)
	return err
}
