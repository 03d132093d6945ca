package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// upload keeps a file of someone's that came whole.
func upload(t testing.TB, s chat.Store, uploader, mediaType string, change ...func(*chat.Attachment)) chat.Attachment {
	t.Helper()
	a := begin(t, s, uploader, change...)
	a.File.MediaType, a.File.Size, a.File.Sha256 = mediaType, 1<<40, strings.Repeat("ab", 32)
	a.File.Width, a.File.Height = 640, 480
	must(t, s.CompleteAttachment(t.Context(), a, time.Now()))
	return a
}

// begin keeps that a file of someone's comes.
func begin(t testing.TB, s chat.Store, uploader string, change ...func(*chat.Attachment)) chat.Attachment {
	t.Helper()
	a := chat.Attachment{
		ApplicationID: app, Uploader: uploader, CreatedAt: time.Now(), RemoveAfter: time.Now().Add(time.Hour),
		File: &chatv1.Attachment{Id: uuid.Must(uuid.NewV7()).String(), FileName: "été.png"},
	}
	a.File.Url = chat.AttachmentURL(a.File.GetId())
	for _, f := range change {
		f(&a)
	}
	must(t, s.CreateAttachment(t.Context(), a))
	return a
}

// withFiles is a draft that is sent with files.
func withFiles(d chat.Draft, files ...chat.Attachment) chat.Draft {
	d.Message.ContentType = chatv1.Message_content_type_unspecified
	for _, a := range files {
		d.AttachmentIDs = append(d.AttachmentIDs, a.File.GetId())
	}
	return d
}

func sendFiles(t testing.TB, s chat.Store, c *chatv1.Conversation, sender string, files ...chat.Attachment) *chatv1.Message {
	t.Helper()
	m, _, err := s.AppendMessage(t.Context(), withFiles(draft(c, sender, uuid.NewString(), ""), files...), anyone)
	must(t, err)
	return m
}

// removable are the ids of files that are to be removed now.
func removable(t testing.TB, s chat.Store) (ids []string) {
	t.Helper()
	list, err := s.ListRemovable(t.Context(), time.Now().Add(time.Minute), 1000)
	must(t, err)
	for _, a := range list {
		ids = append(ids, a.File.GetId())
	}
	return ids
}

func attachments(t *testing.T, s chat.Store) {
	t.Run("a file is there once it came whole, until its time is over", func(t *testing.T) {
		a := begin(t, s, "alice")
		find := func(now time.Time) error {
			_, err := s.FindAttachment(t.Context(), app, a.File.GetId(), now)
			return err
		}
		if err := find(time.Now()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		a.File.MediaType, a.File.Size, a.File.Sha256 = "image/png", 1<<40, strings.Repeat("ab", 32)
		must(t, s.CompleteAttachment(t.Context(), a, time.Now()))
		stored, err := s.FindAttachment(t.Context(), app, a.File.GetId(), time.Now())
		must(t, err)
		if !proto.Equal(stored.File, a.File) || stored.Uploader != "alice" || stored.MessageID != "" {
			t.Errorf("kept %v\nfound %v", a, stored)
		}
		if err := find(a.RemoveAfter.Add(time.Second)); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("after its time: %v", err)
		}
		if _, err := s.FindAttachment(t.Context(), other, a.File.GetId(), time.Now()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("another application: %v", err)
		}
		if err := s.CompleteAttachment(t.Context(), a, a.RemoveAfter.Add(time.Second)); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("what comes too late is answered %v", err)
		}
	})

	t.Run("a message shows its files wherever it is read", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		image, document, before := upload(t, s, "alice", "image/png"), upload(t, s, "alice", "application/pdf"), present(t, s)
		m := sendFiles(t, s, c, "alice", document, image)
		if m.GetContentType() != chatv1.Message_file || !sameFiles(m, document, image) {
			t.Errorf("answered %v", m)
		}
		if stored := find(t, s, m); stored.String() != m.String() {
			t.Errorf("answered %v\nstored %v", m, stored)
		}
		list, err := s.ListMessages(t.Context(), chat.MessagesQuery{ApplicationID: app, ConversationID: c.GetId(), Ascending: true, Limit: 10})
		must(t, err)
		if len(list) != 1 || !sameFiles(list[0], document, image) {
			t.Errorf("history has %v", list)
		}
		for what, q := range map[string]chat.EventsQuery{
			"the application's": {ApplicationID: app, After: before, Limit: 10},
			"bob's":             {ApplicationID: app, Subject: "bob", After: before, Limit: 10},
			"a follower's":      {Recent: true, After: before, Limit: 10},
		} {
			events, err := s.ListEvents(t.Context(), q)
			must(t, err)
			if len(events) != 1 || !sameFiles(events[0].Event.GetMessage(), document, image) {
				t.Errorf("%s event is %v", what, events)
			}
		}
		conversations, err := page(t.Context(), s, "bob", nil, 10)
		must(t, err)
		if !sameFiles(conversations[0].GetLastMessage(), document, image) {
			t.Errorf("the list has %v", conversations[0].GetLastMessage())
		}
		if m := sendFiles(t, s, c, "alice", upload(t, s, "alice", "image/png")); m.GetContentType() != chatv1.Message_image {
			t.Errorf("images alone are %v", m.GetContentType())
		}
		stored, err := s.FindAttachment(t.Context(), app, image.File.GetId(), time.Now().Add(time.Hour*48))
		must(t, err)
		if stored.MessageID != m.GetId() || stored.ConversationID != c.GetId() {
			t.Errorf("its file is %v", stored)
		}
	})

	t.Run("a repeat is the same message, and takes nothing", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		a := upload(t, s, "alice", "image/png")
		d := withFiles(draft(c, "alice", "1", ""), a)
		m, _, err := s.AppendMessage(t.Context(), d, anyone)
		must(t, err)
		again, duplicate, err := s.AppendMessage(t.Context(), d, anyone)
		must(t, err)
		if !duplicate || !proto.Equal(again, m) {
			t.Errorf("its repeat is duplicate=%v %v\nwant %v", duplicate, again, m)
		}
	})

	t.Run("nobody sends a file that is not theirs to send", func(t *testing.T) {
		c, elsewhere := start(t, s, "alice", "bob"), start(t, s, "alice", "bob")
		sent := upload(t, s, "alice", "image/png")
		sendFiles(t, s, elsewhere, "alice", sent)
		late := upload(t, s, "alice", "image/png", func(a *chat.Attachment) { a.RemoveAfter = time.Now().Add(time.Minute) })
		must(t, s.AbandonAttachment(t.Context(), app, late.File.GetId(), time.Now()))
		for what, a := range map[string]chat.Attachment{
			"another's":                upload(t, s, "bob", "image/png"),
			"a back end's":             upload(t, s, "", "image/png"),
			"sent before":              sent,
			"not whole":                begin(t, s, "alice"),
			"to be removed":            late,
			"for another conversation": upload(t, s, "alice", "image/png", func(a *chat.Attachment) { a.ConversationID = elsewhere.GetId() }),
			"another application's":    upload(t, s, "alice", "image/png", func(a *chat.Attachment) { a.ApplicationID = other }),
			"of nobody":                {File: &chatv1.Attachment{Id: uuid.NewString()}},
		} {
			fine := upload(t, s, "alice", "image/png")
			if _, _, err := s.AppendMessage(t.Context(), withFiles(draft(c, "alice", what, ""), fine, a), anyone); !errors.Is(err, chat.ErrNoAttachment) {
				t.Errorf("%s: %v", what, err)
			}
			sendFiles(t, s, c, "alice", fine) // It was not taken.
		}
	})

	t.Run("of two messages with a file at once, one has it", func(t *testing.T) {
		c, d := start(t, s, "alice", "bob"), start(t, s, "alice", "bob")
		for _, inOneBatch := range []bool{false, true} {
			a, release := upload(t, s, "alice", "image/png"), func() {}
			if inOneBatch {
				release = occupy(t, s, c)
			}
			one := s.SubmitMessage(t.Context(), withFiles(draft(c, "alice", uuid.NewString(), "x"), a), anyone)
			two := s.SubmitMessage(t.Context(), withFiles(draft(d, "alice", uuid.NewString(), "x"), a), anyone)
			release()
			_, _, first := one()
			_, _, second := two()
			if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), chat.ErrNoAttachment) {
				t.Errorf("in one batch=%v: %v and %v", inOneBatch, first, second)
			}
		}
	})

	t.Run("messages with and without files are stored in one batch", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		a := upload(t, s, "alice", "image/png")
		release := occupy(t, s, c)
		one := s.SubmitMessage(t.Context(), draft(c, "bob", "1", "bonjour"), anyone)
		two := s.SubmitMessage(t.Context(), withFiles(draft(c, "alice", "2", "voilà"), a), anyone)
		release()
		first, _, err := one()
		must(t, err)
		second, _, err := two()
		must(t, err)
		if len(find(t, s, first).GetAttachments()) != 0 || !sameFiles(find(t, s, second), a) {
			t.Errorf("stored are %v and %v", find(t, s, first), find(t, s, second))
		}
	})

	t.Run("a message that waits keeps its files", func(t *testing.T) {
		c := start(t, s, "alice", "bob")
		a := upload(t, s, "alice", "image/png")
		m, _, err := s.AppendMessage(t.Context(), withFiles(held(c, "alice", "1", "à voir"), a), anyone)
		must(t, err)
		must(t, decide(t, s, m, true))
		if got := find(t, s, m); got.GetSeq() == 0 || !sameFiles(got, a) {
			t.Errorf("approved it is %v", got)
		}
		must(t, decide(t, s, m, false))
		if got := find(t, s, m); len(got.GetAttachments()) != 0 || !slices.Contains(removable(t, s), a.File.GetId()) {
			t.Errorf("taken back it is %v", got)
		}
	})

	t.Run("an announcement has files", func(t *testing.T) {
		c := newConversation(chatv1.Conversation_announcement, "alice")
		a := upload(t, s, "alice", "application/pdf")
		announcement := chat.Announcement{Conversation: c, Draft: withFiles(draft(c, "alice", "1", "à lire"), a)}
		_, _, err := s.CreateAnnouncement(t.Context(), announcement)
		must(t, err)
		list, err := s.ListAnnouncements(t.Context(), chat.AnnouncementsQuery{ApplicationID: app, One: c.GetId(), Limit: 1, Now: time.Now()})
		must(t, err)
		if m := list[0].GetMessage(); !sameFiles(m, a) || m.GetContentType() != chatv1.Message_file {
			t.Errorf("it is %v", m)
		}
		another := newConversation(chatv1.Conversation_announcement, "alice")
		announcement = chat.Announcement{Conversation: another, Draft: withFiles(draft(another, "alice", "1", "à lire"), a)}
		if _, _, err := s.CreateAnnouncement(t.Context(), announcement); !errors.Is(err, chat.ErrNoAttachment) {
			t.Errorf("with a file that was sent: %v", err)
		}
	})

	t.Run("a visitor's files go with them", func(t *testing.T) {
		v, c := visits(t, s, nil)
		mine := func(a *chat.Attachment) { a.ConversationID = c.GetId() }
		sent, unsent := upload(t, s, v.Subject(), "image/png", mine), upload(t, s, v.Subject(), "image/png", mine)
		sendFiles(t, s, c, v.Subject(), sent)
		_, err := s.ConvertVisitor(t.Context(), app, v.AnonymousUser.GetId(), "zoe")
		must(t, err)
		sendFiles(t, s, c, "zoe", unsent) // Now it is hers.

		gone, d := visits(t, s, nil)
		theirs := func(a *chat.Attachment) { a.ConversationID = d.GetId() }
		sent, unsent = upload(t, s, gone.Subject(), "image/png", theirs), upload(t, s, gone.Subject(), "image/png", theirs)
		m := sendFiles(t, s, d, gone.Subject(), sent)
		erasure := chat.Erasure{ApplicationID: app, ID: gone.AnonymousUser.GetId()}
		must(t, s.EraseVisitor(t.Context(), erasure))
		if ids := removable(t, s); slices.Contains(ids, sent.File.GetId()) || !slices.Contains(ids, unsent.File.GetId()) {
			t.Errorf("without their messages, to be removed are %q", ids)
		}
		erasure.Messages = true
		must(t, s.EraseVisitor(t.Context(), erasure))
		if ids := removable(t, s); !slices.Contains(ids, sent.File.GetId()) || len(find(t, s, m).GetAttachments()) != 0 {
			t.Errorf("with their messages, to be removed are %q, and the message is %v", ids, find(t, s, m))
		}
	})

	t.Run("what is deleted is to be removed, and nothing else", func(t *testing.T) {
		kept, c := start(t, s, "alice", "bob"), start(t, s, "alice", "bob")
		fine, waiting := upload(t, s, "alice", "image/png"), upload(t, s, "alice", "image/png", func(a *chat.Attachment) { a.RemoveAfter = time.Now().Add(time.Hour) })
		sendFiles(t, s, kept, "alice", fine)
		deleted, ended := upload(t, s, "alice", "image/png"), upload(t, s, "alice", "image/png")
		unsent := upload(t, s, "alice", "image/png", func(a *chat.Attachment) { a.ConversationID = c.GetId() })
		m := sendFiles(t, s, kept, "alice", deleted)
		sendFiles(t, s, c, "alice", ended)
		must(t, s.DeleteMessage(t.Context(), app, m.GetId(), "alice"))
		must(t, s.DeleteConversation(t.Context(), app, c.GetId()))
		if got := find(t, s, m); len(got.GetAttachments()) != 0 {
			t.Errorf("the deleted message is %v", got)
		}
		ids := removable(t, s)
		for a, want := range map[*chat.Attachment]bool{&deleted: true, &ended: true, &unsent: true, &fine: false, &waiting: false} {
			if slices.Contains(ids, a.File.GetId()) != want {
				t.Errorf("%v is to be removed: %v", a, !want)
			}
		}
		list, err := s.ListRemovable(t.Context(), time.Now().Add(time.Minute), 1000)
		must(t, err)
		must(t, s.DeleteAttachments(t.Context(), list))
		if left := removable(t, s); len(left) != 0 {
			t.Errorf("left are %q", left)
		}
	})
}

func sameFiles(m *chatv1.Message, files ...chat.Attachment) bool {
	return slices.EqualFunc(m.GetAttachments(), files, func(got *chatv1.Attachment, want chat.Attachment) bool {
		return proto.Equal(got, want.File)
	})
}
