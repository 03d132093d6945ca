package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
)

// The people of the tests of announcements: a super admin, an admin of asso-1, and members of both associations.
var town = []*audiencev1.User{
	{UserId: "root", Name: "Régie", Role: "9"},
	{UserId: "anne", Name: "Anne", Role: "2", EntityId: "asso-1"},
	{UserId: "bob", Name: "Bob", Role: "1", EntityId: "asso-1"},
	{UserId: "carol", Name: "Carole", Role: "1", EntityId: "asso-1"},
	{UserId: "dave", Name: "David", Role: "2", EntityId: "asso-2"},
}

// newTown is a world whose directory has the town.
func newTown(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.settle(t, town...)
	return w
}

// settle tells the directory of users.
func (w *world) settle(t testing.TB, users ...*audiencev1.User) {
	t.Helper()
	_, err := w.audience.UpsertUsers(backEnd(t), &audiencev1.UpsertUsersRequest{Users: users})
	must(t, err)
}

// asRoot makes calls as the super admin.
func asRoot(t testing.TB) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "root", Role: "9", RoleKind: auth.RoleSuperAdmin})
}

// asAnne makes calls as the admin of asso-1.
func asAnne(t *testing.T) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "anne", Role: "2", EntityID: "asso-1", RoleKind: auth.RoleAdmin})
}

func toEveryone() *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_all}
}

func toEntity(id string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_entity, TargetId: id}
}

func toRole(id string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_role, TargetId: id}
}

func toRoleOf(role, entity string) *audiencev1.AudienceTarget {
	return &audiencev1.AudienceTarget{TargetType: audiencev1.AudienceTarget_combined, RoleFilter: role, EntityFilter: entity}
}

func announcementTo(targets ...*audiencev1.AudienceTarget) *chatv1.CreateAnnouncementRequest {
	return &chatv1.CreateAnnouncementRequest{Title: "Assemblée", Content: "Samedi à 10 h", Targets: targets}
}

// announce makes an announcement.
func (w *world) announce(t *testing.T, author context.Context, req *chatv1.CreateAnnouncementRequest) *chatv1.Announcement {
	t.Helper()
	a, err := w.chat.CreateAnnouncement(author, req)
	must(t, err)
	return a
}

// sees says whether a user finds an announcement: in their lists, and by its id.
func (w *world) sees(t *testing.T, user, id string) bool {
	t.Helper()
	list, err := w.chat.ListAnnouncements(as(t, user), &chatv1.ListAnnouncementsRequest{})
	must(t, err)
	listed := slices.ContainsFunc(list.GetAnnouncements(), func(a *chatv1.Announcement) bool { return a.GetConversation().GetId() == id })
	_, err = w.chat.GetAnnouncement(as(t, user), &chatv1.GetAnnouncementRequest{Id: id})
	if found := err == nil; found != listed {
		t.Errorf("%s: listed %v, found %v (%v)", user, listed, found, err)
	}
	if err != nil {
		refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	}
	return listed
}

// wantAudience says who sees an announcement, of all in town.
func (w *world) wantAudience(t *testing.T, id string, want ...string) {
	t.Helper()
	var got []string
	for _, u := range town {
		if w.sees(t, u.GetUserId(), id) {
			got = append(got, u.GetUserId())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q see it, want %q", got, want)
	}
}

func TestAnAnnouncementIsSeenByItsAuthorAndWhomItsTargetsChoose(t *testing.T) {
	for name, test := range map[string]struct {
		targets []*audiencev1.AudienceTarget
		want    []string
	}{
		"all":                 {[]*audiencev1.AudienceTarget{toEveryone()}, []string{"root", "anne", "bob", "carol", "dave"}},
		"the admins of all":   {[]*audiencev1.AudienceTarget{toRole("2")}, []string{"root", "anne", "dave"}},
		"one entity":          {[]*audiencev1.AudienceTarget{toEntity("asso-2")}, []string{"root", "dave"}},
		"a role of an entity": {[]*audiencev1.AudienceTarget{toRoleOf("1", "asso-1")}, []string{"root", "bob", "carol"}},
		"several targets":     {[]*audiencev1.AudienceTarget{toRoleOf("2", "asso-1"), toEntity("asso-2")}, []string{"root", "anne", "dave"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			a := w.announce(t, asRoot(t), announcementTo(test.targets...))
			if c := a.GetConversation(); c.GetType() != chatv1.Conversation_announcement || c.GetReplyPermission() != chatv1.Conversation_none || c.GetCreatedBy() != "root" {
				t.Errorf("the conversation is %v", c)
			}
			if m := a.GetMessage(); m.GetSeq() != 1 || !m.GetIsAnnouncement() || m.GetContent() != "Samedi à 10 h" || m.GetSenderId() != "root" {
				t.Errorf("the message is %v", m)
			}
			w.wantAudience(t, a.GetConversation().GetId(), test.want...)
		})
	}
}

func TestWhomAnAuthorMayTarget(t *testing.T) {
	w := newTown(t)
	for name, test := range map[string]struct {
		author  context.Context
		targets []*audiencev1.AudienceTarget
		allowed bool
	}{
		"a super admin, everyone":                    {asRoot(t), []*audiencev1.AudienceTarget{toEveryone()}, true},
		"a back end, everyone":                       {backEnd(t), []*audiencev1.AudienceTarget{toEveryone()}, true},
		"an admin, their entity":                     {asAnne(t), []*audiencev1.AudienceTarget{toEntity("asso-1")}, true},
		"an admin, a role of their entity":           {asAnne(t), []*audiencev1.AudienceTarget{toRoleOf("1", "asso-1")}, true},
		"an admin, another entity":                   {asAnne(t), []*audiencev1.AudienceTarget{toEntity("asso-2")}, false},
		"an admin, their entity and another":         {asAnne(t), []*audiencev1.AudienceTarget{toEntity("asso-1"), toEntity("asso-2")}, false},
		"an admin, a role wherever":                  {asAnne(t), []*audiencev1.AudienceTarget{toRole("1")}, false},
		"an admin, everyone":                         {asAnne(t), []*audiencev1.AudienceTarget{toEveryone()}, false},
		"a member, their entity":                     {as(t, "bob"), []*audiencev1.AudienceTarget{toEntity("asso-1")}, false},
		"a member who calls themself by no kind yet": {as(t, "eve"), []*audiencev1.AudienceTarget{toEveryone()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.chat.CreateAnnouncement(test.author, announcementTo(test.targets...))
			if test.allowed {
				must(t, err)
				return
			}
			refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
		})
	}
}

func TestAnAnnouncementThatMakesNoSenseIsRefused(t *testing.T) {
	w := newTown(t)
	for name, change := range map[string]func(*chatv1.CreateAnnouncementRequest){
		"no title":      func(r *chatv1.CreateAnnouncementRequest) { r.Title = "" },
		"a blank title": func(r *chatv1.CreateAnnouncementRequest) { r.Title = "  " },
		"no targets":    func(r *chatv1.CreateAnnouncementRequest) { r.Targets = nil },
		"an expiry before": func(r *chatv1.CreateAnnouncementRequest) {
			r.ExpiryDate = timestamppb.New(w.clock.Now().Add(-time.Minute))
		},
		"a target of none": func(r *chatv1.CreateAnnouncementRequest) { r.Targets = []*audiencev1.AudienceTarget{toRole("")} },
	} {
		t.Run(name, func(t *testing.T) {
			req := announcementTo(toEveryone())
			change(req)
			_, err := w.chat.CreateAnnouncement(asRoot(t), req)
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		})
	}
	empty := announcementTo(toEveryone())
	empty.Content = " "
	_, err := w.chat.CreateAnnouncement(asRoot(t), empty)
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_EMPTY_MESSAGE)
}

func TestTitleAndTextOfAnAnnouncementAreModerated(t *testing.T) {
	w := newTown(t)
	for name, req := range map[string]*chatv1.CreateAnnouncementRequest{
		"title": {Title: "Zut", Content: "Bonjour", Targets: []*audiencev1.AudienceTarget{toEveryone()}},
		"text":  {Title: "Bonjour", Content: "Zut", Targets: []*audiencev1.AudienceTarget{toEveryone()}},
	} {
		_, err := w.chat.CreateAnnouncement(asRoot(t), req)
		t.Run(name, func(t *testing.T) { refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED) })
	}
}

func TestTheSameClientMessageIDAgainAnswersTheFirstAnnouncement(t *testing.T) {
	w := newTown(t)
	req := announcementTo(toEveryone())
	req.ClientMessageId = "assembly"
	first := w.announce(t, asRoot(t), req)
	again := w.announce(t, asRoot(t), req)
	if again.GetConversation().GetId() != first.GetConversation().GetId() {
		t.Error("it was made twice")
	}
	other := proto.CloneOf(req)
	other.Content = "Dimanche"
	_, err := w.chat.CreateAnnouncement(asRoot(t), other)
	refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT)
}

func TestTheAudienceIsTheDirectorysAsItIsNow(t *testing.T) {
	w := newTown(t)
	a := w.announce(t, asAnne(t), announcementTo(toEntity("asso-1")))
	id := a.GetConversation().GetId()
	w.wantAudience(t, id, "anne", "bob", "carol")

	w.settle(t, &audiencev1.User{UserId: "dave", Role: "1", EntityId: "asso-1"}, &audiencev1.User{UserId: "carol", Role: "1", EntityId: "asso-2"})
	w.wantAudience(t, id, "anne", "bob", "dave")
	_, err := w.chat.ListMessages(as(t, "carol"), &chatv1.ListMessagesRequest{ConversationId: id})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
}

func TestAnExpiredAnnouncementIsItsAuthorsOnly(t *testing.T) {
	w := newTown(t)
	req := announcementTo(toEveryone())
	req.ExpiryDate = timestamppb.New(w.clock.Now().Add(time.Hour))
	id := w.announce(t, asRoot(t), req).GetConversation().GetId()
	w.wantAudience(t, id, "root", "anne", "bob", "carol", "dave")
	w.clock.advance(time.Hour)
	w.wantAudience(t, id, "root")
}

func TestADeletedAnnouncementIsGone(t *testing.T) {
	w := newTown(t)
	id := w.announce(t, asRoot(t), announcementTo(toEveryone())).GetConversation().GetId()
	_, err := w.chat.DeleteConversation(as(t, "bob"), &chatv1.DeleteConversationRequest{Id: id})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
	_, err = w.chat.DeleteConversation(asRoot(t), &chatv1.DeleteConversationRequest{Id: id})
	must(t, err)
	w.wantAudience(t, id)
}

func TestWhoMayAnswerAnAnnouncement(t *testing.T) {
	w := newTown(t)
	req := announcementTo(toEntity("asso-1"))
	silent := w.announce(t, asRoot(t), req).GetConversation().GetId()
	_, err := w.chat.SendMessage(as(t, "bob"), &chatv1.SendMessageRequest{ConversationId: silent, Content: "Présent"})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED)

	req.ReplyPermission = chatv1.Conversation_all
	open := w.announce(t, asRoot(t), req).GetConversation().GetId()
	if m := w.send(t, "bob", open, "Présent"); m.GetSeq() != 2 {
		t.Errorf("the reply is %v", m)
	}
	w.send(t, "bob", open, "Avec Carole")
	_, err = w.chat.SendMessage(as(t, "dave"), &chatv1.SendMessageRequest{ConversationId: open, Content: "Moi aussi"})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	list, err := w.chat.ListMessages(as(t, "carol"), &chatv1.ListMessagesRequest{ConversationId: open})
	must(t, err)
	if len(list.GetMessages()) != 3 {
		t.Errorf("carol reads %v", list.GetMessages())
	}
}

func TestReadingAnAnnouncementCountsInItsStatistics(t *testing.T) {
	w := newTown(t)
	a := w.announce(t, asAnne(t), announcementTo(toEntity("asso-1")))
	id := a.GetConversation().GetId()
	_, err := w.chat.MarkDelivered(as(t, "bob"), &chatv1.MarkDeliveredRequest{ConversationId: id, Seq: 1})
	must(t, err)
	read := chatv1.Message_read
	_, err = w.chat.UpdateMessage(as(t, "carol"), &chatv1.UpdateMessageRequest{Id: a.GetMessage().GetId(), Status: &read})
	must(t, err)
	_, err = w.chat.MarkRead(as(t, "dave"), &chatv1.MarkReadRequest{ConversationId: id, Seq: 1})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)

	stats, err := w.audience.AnnouncementStats(asAnne(t), &audiencev1.AnnouncementStatsRequest{Id: id})
	must(t, err)
	if stats.GetAudienceCount() != 3 || stats.GetDeliveredCount() != 2 || stats.GetReadCount() != 1 || stats.GetUnreadCount() != 2 {
		t.Errorf("the statistics are %v", stats)
	}
	if len(stats.GetReaders()) != 1 || stats.GetReaders()[0].GetName() != "Carole" || stats.GetReaders()[0].GetReadAt() == nil || len(stats.GetNonReaders()) != 2 {
		t.Errorf("read by %v, not by %v", stats.GetReaders(), stats.GetNonReaders())
	}
	got, err := w.chat.GetAnnouncement(as(t, "carol"), &chatv1.GetAnnouncementRequest{Id: id})
	must(t, err)
	if got.GetConversation().GetUnreadCount() != 0 || got.GetDelivery() != nil || got.GetTargets() != nil {
		t.Errorf("carol sees %v", got)
	}
}

func TestAnAnnouncementIsAmongTheEventsOfItsAudience(t *testing.T) {
	w := newTown(t)
	cursor := map[string]string{}
	for _, u := range town {
		present, err := w.chat.ListEvents(as(t, u.GetUserId()), &chatv1.ListEventsRequest{})
		must(t, err)
		cursor[u.GetUserId()] = present.GetCursor()
	}
	a := w.announce(t, asRoot(t), announcementTo(toEntity("asso-1")))
	for user, want := range map[string]int{"root": 1, "anne": 1, "bob": 1, "dave": 0} {
		page, err := w.chat.ListEvents(as(t, user), &chatv1.ListEventsRequest{AfterCursor: cursor[user]})
		must(t, err)
		if len(page.GetEvents()) != want {
			t.Errorf("%s: %v", user, page.GetEvents())
			continue
		}
		for _, e := range page.GetEvents() {
			if e.GetEvent() != "announcement.created" || e.GetTitle() != "Assemblée" || e.GetMessage().GetId() != a.GetMessage().GetId() {
				t.Errorf("%s: %v", user, e)
			}
		}
	}
}

func TestAnnouncementsSwitchedOffAreRefused(t *testing.T) {
	w := newTown(t)
	off := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindService})
	_, err := w.chat.CreateAnnouncement(off, announcementTo(toEveryone()))
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	_, err = w.chat.ListAnnouncements(off, &chatv1.ListAnnouncementsRequest{})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	_, err = w.chat.GetAnnouncement(off, &chatv1.GetAnnouncementRequest{Id: "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"})
	refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
}

func TestListAnnouncementsPagesNewestFirst(t *testing.T) {
	w := newTown(t)
	var want []string
	for range 7 {
		id := w.announce(t, asRoot(t), announcementTo(toEntity("asso-1"))).GetConversation().GetId()
		w.announce(t, asRoot(t), announcementTo(toEntity("asso-2")))
		want = append([]string{id}, want...)
	}
	var got []string
	req := &chatv1.ListAnnouncementsRequest{Limit: 3}
	for {
		page, err := w.chat.ListAnnouncements(as(t, "bob"), req)
		must(t, err)
		for _, a := range page.GetAnnouncements() {
			got = append(got, a.GetConversation().GetId())
		}
		if page.NextPageToken == nil {
			break
		}
		req.PageToken = page.GetNextPageToken()
	}
	if !slices.Equal(got, want) {
		t.Errorf("bob pages through %v, want %v", got, want)
	}
	bad := &chatv1.ListAnnouncementsRequest{PageToken: "rubbish"}
	_, err := w.chat.ListAnnouncements(as(t, "bob"), bad)
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
}

func TestATitleHasAsManyAccentedLettersAsOthers(t *testing.T) {
	w := newTown(t)
	req := announcementTo(toEveryone())
	req.Title = strings.Repeat("é", 200)
	if a := w.announce(t, asRoot(t), req); a.GetConversation().GetTitle() != req.GetTitle() {
		t.Errorf("the title is %q", a.GetConversation().GetTitle())
	}
}
