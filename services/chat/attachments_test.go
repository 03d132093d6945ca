package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/blob"
	"github.com/palabre/palabre/services/chat"
)

// vault is a directory of files that says which it takes in and which are deleted, and can be full.
type vault struct {
	*blob.Dir
	root    string
	begun   chan string
	ended   chan string
	deleted chan string
	full    atomic.Bool
	dies    atomic.Bool
}

func newVault(t testing.TB) *vault {
	t.Helper()
	root := filepath.Join(t.TempDir(), "attachments")
	return &vault{Dir: blob.NewDir(root), root: root, begun: make(chan string, 100), ended: make(chan string, 100), deleted: make(chan string, 100)}
}

// Put fails half-way when the vault is full, and does not return when it dies.
func (v *vault) Put(ctx context.Context, key string, r io.Reader) error {
	v.begun <- key
	defer func() { v.ended <- key }()
	if v.full.Load() {
		_, _ = io.CopyN(io.Discard, r, 1)
		return errors.New("no space left on device")
	}
	err := v.Dir.Put(ctx, key, r)
	if v.dies.Load() {
		panic("the process ends") // Of the handler, nothing is done from here on.
	}
	return err
}

// Delete says what it deletes.
func (v *vault) Delete(ctx context.Context, key string) error {
	err := v.Dir.Delete(ctx, key)
	if err == nil {
		v.deleted <- key
	}
	return err
}

// files counts what is there.
func (v *vault) files(t *testing.T) (n int) {
	t.Helper()
	err := filepath.WalkDir(v.root, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return n
}

// lose waits until a file is deleted.
func (v *vault) lose(t *testing.T, a *chatv1.Attachment) {
	t.Helper()
	select {
	case key := <-v.deleted:
		if key != app+"/"+a.GetId() {
			t.Errorf("%s was deleted, and not %s", key, a.GetId())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is deleted")
	}
}

// uploads sends a file in parts, and not to its end when it is broken off.
func (w *world) uploads(ctx context.Context, start *chatv1.AttachmentStart, parts ...[]byte) (*chatv1.Attachment, error) {
	stream, err := w.chat.UploadAttachment(ctx)
	if err != nil {
		return nil, err
	}
	_ = stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Start{Start: start}})
	for _, p := range parts {
		_ = stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Chunk{Chunk: p}})
	}
	return stream.CloseAndRecv()
}

// picture is a PNG of that size.
func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func (w *world) picture(ctx context.Context, t *testing.T) *chatv1.Attachment {
	t.Helper()
	a, err := w.uploads(ctx, &chatv1.AttachmentStart{FileName: "plan.png"}, picture(t, 3, 2))
	must(t, err)
	return a
}

// downloads answers a file's bytes from an offset on.
func (w *world) downloads(ctx context.Context, req *chatv1.DownloadAttachmentRequest) ([]byte, error) {
	stream, err := w.chat.DownloadAttachment(ctx, req)
	if err != nil {
		return nil, err
	}
	var content []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
		content = append(content, part.GetChunk()...)
	}
}

// reaches says whether somebody may have a file: both calls have to agree.
func (w *world) has(t *testing.T, ctx context.Context, a *chatv1.Attachment) bool { //nolint:revive // t first, as everywhere
	t.Helper()
	_, known := w.chat.GetAttachment(ctx, &chatv1.GetAttachmentRequest{Id: a.GetId()})
	_, had := w.downloads(ctx, &chatv1.DownloadAttachmentRequest{Id: a.GetId()})
	if (known == nil) != (had == nil) {
		t.Errorf("GetAttachment answers %v, DownloadAttachment %v", known, had)
	}
	if known != nil {
		refused(t, known, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	}
	return known == nil
}

func sendFile(conversation string, files ...*chatv1.Attachment) *chatv1.SendMessageRequest {
	req := &chatv1.SendMessageRequest{ConversationId: conversation, ClientMessageId: "with files"}
	for _, a := range files {
		req.AttachmentIds = append(req.AttachmentIds, a.GetId())
	}
	return req
}

func TestAFileIsUploadedThenSent(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob", "carol")
	content := picture(t, 3, 2)
	a, err := w.uploads(as(t, "alice"), &chatv1.AttachmentStart{FileName: "../plan\u202e.png"}, content[:5], content[5:])
	must(t, err)
	want := &chatv1.Attachment{
		Id: a.GetId(), FileName: "plan.png", MediaType: "image/png", Size: int64(len(content)), Width: 3, Height: 2,
		Url: "/api/chat/attachments/" + a.GetId(), Sha256: a.GetSha256(),
	}
	if !proto.Equal(a, want) || len(a.GetSha256()) != 64 {
		t.Errorf("the answer is %v", a)
	}
	if !w.has(t, as(t, "alice"), a) || w.has(t, as(t, "bob"), a) || w.has(t, backEnd(t), a) {
		t.Error("before it is sent, it is not its uploader's alone")
	}

	m, err := w.chat.SendMessage(as(t, "alice"), sendFile(c.GetId(), a))
	must(t, err)
	if len(m.GetAttachments()) != 1 || !proto.Equal(m.GetAttachments()[0], a) || m.GetContentType() != chatv1.Message_image {
		t.Errorf("the message is %v", m)
	}
	again, err := w.chat.SendMessage(as(t, "alice"), sendFile(c.GetId(), a))
	must(t, err)
	if again.GetId() != m.GetId() || !again.GetDuplicate() {
		t.Errorf("its repeat is %v", again)
	}
	other := sendFile(c.GetId(), a, w.picture(as(t, "alice"), t))
	_, err = w.chat.SendMessage(as(t, "alice"), other)
	refused(t, err, codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT)
	twice := sendFile(c.GetId(), a)
	twice.ClientMessageId = "another"
	_, err = w.chat.SendMessage(as(t, "alice"), twice)
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)

	for who, sees := range map[string]bool{"alice": true, "bob": true, "mallory": false} {
		if w.has(t, as(t, who), a) != sees {
			t.Errorf("%s has it: %v", who, !sees)
		}
	}
	if !w.has(t, backEnd(t), a) {
		t.Error("the back end has it not")
	}
	for offset, want := range map[int64][]byte{0: content, 7: content[7:], int64(len(content)): nil} {
		if got, err := w.downloads(as(t, "bob"), &chatv1.DownloadAttachmentRequest{Id: a.GetId(), Offset: offset}); err != nil || !bytes.Equal(got, want) {
			t.Errorf("from %d on: %d bytes, %v", offset, len(got), err)
		}
	}
	_, err = w.downloads(as(t, "bob"), &chatv1.DownloadAttachmentRequest{Id: a.GetId(), Offset: 1 << 40})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)

	_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: participantOf(t, c, "bob").GetId()})
	must(t, err)
	if w.has(t, as(t, "bob"), a) {
		t.Error("who was removed has it still")
	}
	w.works(t)
	_, err = w.chat.DeleteMessage(as(t, "alice"), &chatv1.DeleteMessageRequest{Id: m.GetId()})
	must(t, err)
	if w.has(t, as(t, "carol"), a) || w.has(t, backEnd(t), a) {
		t.Error("a file of a deleted message is there")
	}
	w.clock.advance(2 * time.Minute)
	w.vault.lose(t, a)
	w.clock.advance(25 * time.Hour)
	<-w.vault.deleted // the picture that was not sent
	if n := w.vault.files(t); n != 0 {
		t.Errorf("there are %d files", n)
	}
}

func TestFilesThatAreNotTaken(t *testing.T) {
	w := newWorld(t, func(c *chat.Config) {
		c.Attachments = map[string]chat.AttachmentRules{app: {MaxBytes: 1000, MediaTypes: []string{"image/*", "text/plain"}, Limit: 12}}
	})
	c := w.group(t, "alice", "bob")
	text, page := []byte("bonjour"), []byte("<!DOCTYPE html><html><script>alert(1)</script></html>")
	const anything = rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	for name, tt := range map[string]struct {
		start  *chatv1.AttachmentStart
		parts  [][]byte
		code   codes.Code
		reason rpcv1.ErrorReason
	}{
		"one that is empty":                       {&chatv1.AttachmentStart{FileName: "a.txt"}, nil, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT},
		"one that is too large":                   {&chatv1.AttachmentStart{FileName: "a.txt"}, [][]byte{bytes.Repeat(text, 100), bytes.Repeat(text, 100)}, codes.InvalidArgument, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE},
		"a page that is called an image":          {&chatv1.AttachmentStart{FileName: "a.png"}, [][]byte{page}, codes.InvalidArgument, rpcv1.ErrorReason_MEDIA_TYPE_NOT_ALLOWED},
		"one whose name is refused":               {&chatv1.AttachmentStart{FileName: "zut.png"}, [][]byte{text}, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED},
		"one for a conversation that is not seen": {&chatv1.AttachmentStart{ConversationId: w.group(t, "bob").GetId()}, [][]byte{text}, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND},
		"text": {&chatv1.AttachmentStart{ConversationId: c.GetId()}, [][]byte{text}, codes.OK, anything},
	} {
		_, err := w.uploads(as(t, "alice"), tt.start, tt.parts...)
		if tt.code == codes.OK {
			must(t, err)
			continue
		}
		if t.Run(name, func(t *testing.T) { refused(t, err, tt.code, tt.reason) }); w.vault.files(t) > 1 {
			t.Fatalf("%s is there", name)
		}
	}

	t.Run("one that begins with its bytes, or twice", func(t *testing.T) {
		begin := &chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Start{Start: &chatv1.AttachmentStart{}}}
		bytes := &chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Chunk{Chunk: text}}
		for _, parts := range [][]*chatv1.UploadAttachmentRequest{{bytes}, {begin, begin}, {begin, bytes, begin}} {
			stream, err := w.chat.UploadAttachment(as(t, "alice"))
			must(t, err)
			for _, p := range parts {
				_ = stream.Send(p)
			}
			_, err = stream.CloseAndRecv()
			refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
		}
	})

	t.Run("too many in a short time", func(t *testing.T) {
		for range 12 {
			_, err := w.uploads(as(t, "bob"), &chatv1.AttachmentStart{}, text)
			must(t, err)
		}
		_, err := w.uploads(as(t, "bob"), &chatv1.AttachmentStart{}, text)
		refused(t, err, codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT)
		w.clock.advance(11 * time.Minute)
		_, err = w.uploads(as(t, "bob"), &chatv1.AttachmentStart{}, text)
		must(t, err)
	})

	t.Run("none, where the application has none", func(t *testing.T) {
		elsewhere := auth.ActAs(t.Context(), auth.Principal{ApplicationID: plain, Kind: auth.KindUser, UserID: "alice"})
		_, err := w.uploads(elsewhere, &chatv1.AttachmentStart{}, text)
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
		_, err = w.chat.GetAttachment(elsewhere, &chatv1.GetAttachmentRequest{Id: nothing})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
		_, err = w.chat.SendMessage(elsewhere, &chatv1.SendMessageRequest{ConversationId: nothing, AttachmentIds: []string{nothing}})
		refused(t, err, codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED)
	})
}

// A name is shown at once, so it cannot wait for a moderator; and it is judged as a name, which has dots.
func TestNamesOfFilesAreModerated(t *testing.T) {
	w, m := withModerator(t)
	upload := func(name string) (*chatv1.Attachment, error) {
		return w.uploads(as(t, "alice"), &chatv1.AttachmentStart{FileName: name}, []byte("bonjour"))
	}
	for _, name := range []string{"reject me.txt", "hold me.txt"} {
		_, err := upload(name)
		refused(t, err, codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED)
	}
	a, err := upload("mask me.txt")
	must(t, err)
	if a.GetFileName() != "____ me.txt" {
		t.Errorf("it is called %q", a.GetFileName())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if asked := m.asked[len(m.asked)-1]; asked.GetField() != "file_name" || asked.GetContent() != "mask me.txt" || asked.GetSenderId() != "alice" {
		t.Errorf("the moderator is asked %v", asked)
	}
}

func TestFilesOfAMessageThatWaits(t *testing.T) {
	w, m := withModerator(t)
	w.works(t)
	c := w.group(t, "alice", "bob")
	a := w.picture(as(t, "alice"), t)
	req := sendFile(c.GetId(), a)
	req.Content = "hold this"
	held, err := w.chat.SendMessage(as(t, "alice"), req)
	must(t, err)
	admin := auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "root", RoleKind: auth.RoleSuperAdmin})
	if !w.has(t, as(t, "alice"), a) || w.has(t, as(t, "bob"), a) || !w.has(t, admin, a) {
		t.Error("while it waits, its files are not its sender's and the admins' alone")
	}
	events := w.gateway(t)
	m.decide(held.GetId(), moderationv1.Verdict_approved)
	for e := range events {
		if got := e.GetEvent(); got.GetEvent() == chat.EventMessageCreated {
			if len(got.GetMessage().GetAttachments()) != 1 {
				t.Errorf("the event is %v", got)
			}
			break
		}
	}
	if !w.has(t, as(t, "bob"), a) {
		t.Error("once it is approved, its files are not there")
	}
}

func TestFilesOfAnAnnouncement(t *testing.T) {
	w := newWorld(t)
	w.settle(t, crowd("asso-1", 1)...)
	a, err := w.uploads(backEnd(t), &chatv1.AttachmentStart{FileName: "plan.png"}, picture(t, 1, 1))
	must(t, err)
	sent := w.announce(t, backEnd(t), &chatv1.CreateAnnouncementRequest{
		Title: "À lire", Targets: []*audiencev1.AudienceTarget{toEveryone()}, AttachmentIds: []string{a.GetId()}, ClientMessageId: "1",
	})
	if m := sent.GetMessage(); len(m.GetAttachments()) != 1 || m.GetContentType() != chatv1.Message_image {
		t.Errorf("its message is %v", m)
	}
	if !w.has(t, as(t, "asso-1-000000"), a) {
		t.Error("its audience has not its file")
	}
}

func TestFilesOfVisitors(t *testing.T) {
	w := newWorld(t)
	v, other := w.visits(t, "Zoé"), w.visits(t, "Max")
	a := w.picture(v.ctx, t)
	_, err := w.uploads(v.ctx, &chatv1.AttachmentStart{ConversationId: other.conversation()}, []byte("x"))
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	_, err = w.chat.SendMessage(v.ctx, sendFile(v.conversation(), a))
	must(t, err)
	if !w.has(t, v.ctx, a) || !w.has(t, as(t, "pro"), a) || w.has(t, other.ctx, a) {
		t.Error("the file is not for the two alone")
	}
	export, err := w.chat.ExportAnonymousUser(v.ctx, &chatv1.ExportAnonymousUserRequest{Id: v.GetAnonymousUser().GetId()})
	must(t, err)
	if len(export.GetMessages()) != 1 || len(export.GetMessages()[0].GetAttachments()) != 1 {
		t.Errorf("the export is %v", export)
	}
	_, err = w.chat.EraseAnonymousUser(backEnd(t), &chatv1.EraseAnonymousUserRequest{Id: v.GetAnonymousUser().GetId(), EraseMessages: true})
	must(t, err)
	if w.has(t, as(t, "pro"), a) {
		t.Error("what was erased is there")
	}
	_, err = w.uploads(v.ctx, &chatv1.AttachmentStart{}, []byte("x"))
	refused(t, err, codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_REVOKED)
}

func TestALinkStandsForWhomItWasIssuedTo(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	a, b := w.picture(as(t, "alice"), t), w.picture(as(t, "alice"), t)
	_, err := w.chat.SendMessage(as(t, "alice"), sendFile(c.GetId(), a, b))
	must(t, err)
	link, err := w.chat.IssueAttachmentLink(as(t, "bob"), &chatv1.IssueAttachmentLinkRequest{Id: a.GetId()})
	must(t, err)
	_, err = w.chat.IssueAttachmentLink(as(t, "mallory"), &chatv1.IssueAttachmentLinkRequest{Id: a.GetId()})
	refused(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
	path, query, _ := strings.Cut(link.GetUrl(), "?")
	values, err := url.ParseQuery(query)
	must(t, err)
	token := values.Get("token")
	if path != a.GetUrl() || !link.GetExpiresAt().AsTime().Equal(w.clock.Now().Add(15*time.Minute)) {
		t.Errorf("the link is %v", link)
	}
	with := func(id, token string) error {
		_, err := w.downloads(t.Context(), &chatv1.DownloadAttachmentRequest{Id: id, Token: token})
		_, known := w.chat.GetAttachment(t.Context(), &chatv1.GetAttachmentRequest{Id: id, Token: token})
		if fmt.Sprint(err) != fmt.Sprint(known) {
			t.Errorf("DownloadAttachment answers %v, GetAttachment %v", err, known)
		}
		return err
	}
	must(t, with(a.GetId(), token))
	refused(t, with(a.GetId(), ""), codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_MISSING)
	refused(t, with(b.GetId(), token), codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID)
	claims, signature, _ := strings.Cut(token, ".")
	for _, forged := range []string{"x", ".", token + "A", claims + ".", "A" + claims + "." + signature} {
		refused(t, with(a.GetId(), forged), codes.Unauthenticated, rpcv1.ErrorReason_CREDENTIALS_INVALID)
	}
	w.clock.advance(15 * time.Minute)
	refused(t, with(a.GetId(), token), codes.Unauthenticated, rpcv1.ErrorReason_TOKEN_EXPIRED)
	w.clock.advance(-time.Minute)
	_, err = w.chat.RemoveParticipant(as(t, "alice"), &chatv1.RemoveParticipantRequest{ConversationId: c.GetId(), ParticipantId: participantOf(t, c, "bob").GetId()})
	must(t, err)
	refused(t, with(a.GetId(), token), codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
}

// Whatever becomes of an upload, what it leaves is removed: a process that ends at any point has kept the row before.
func TestNothingIsLeftOfAnUploadThatBreaksOff(t *testing.T) {
	w := newWorld(t, func(c *chat.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	w.vault.full.Store(true)
	_, err := w.uploads(as(t, "alice"), &chatv1.AttachmentStart{}, []byte("bonjour"))
	refused(t, err, codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE)
	w.vault.full.Store(false)

	<-w.vault.begun
	<-w.vault.ended
	ctx, goAway := context.WithCancel(as(t, "alice"))
	stream, err := w.chat.UploadAttachment(ctx)
	must(t, err)
	must(t, stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Start{Start: &chatv1.AttachmentStart{}}}))
	must(t, stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Chunk{Chunk: bytes.Repeat([]byte("x"), 10_000)}}))
	<-w.vault.begun // Before, there is nothing of it that could be left.
	goAway()
	_, err = stream.CloseAndRecv()
	refused(t, err, codes.Canceled, rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED)

	<-w.vault.ended // Who goes away is answered before the server notices, and what came of the file may be there.
	before := w.vault.files(t)

	w.vault.dies.Store(true)
	_, err = w.uploads(as(t, "alice"), &chatv1.AttachmentStart{}, []byte("bonjour"))
	refused(t, err, codes.Internal, rpcv1.ErrorReason_INTERNAL)
	w.vault.dies.Store(false)
	if n := w.vault.files(t); n != before+1 {
		t.Errorf("there are %d files more, and not the one of which the process ended", n-before)
	}

	unsent := w.picture(as(t, "alice"), t)
	w.works(t)
	var gone []string
	passed := time.Duration(0)
	for minute := time.NewTicker(200 * time.Millisecond); len(gone) < 2; {
		select {
		case key := <-w.vault.deleted:
			gone = append(gone, key)
		case <-minute.C:
			w.clock.advance(time.Minute)
			passed += time.Minute
		}
	}
	w.clock.advance(23*time.Hour - passed)
	if !w.has(t, as(t, "alice"), unsent) {
		t.Error("it does not wait to be sent")
	}
	w.clock.advance(2 * time.Hour)
	if last := []string{<-w.vault.deleted, <-w.vault.deleted}; !slices.Contains(last, app+"/"+unsent.GetId()) || slices.Contains(gone, app+"/"+unsent.GetId()) {
		t.Errorf("removed are %q, then %q", gone, last)
	}
	if w.has(t, as(t, "alice"), unsent) || w.vault.files(t) != 0 {
		t.Errorf("there are %d files", w.vault.files(t))
	}
}
