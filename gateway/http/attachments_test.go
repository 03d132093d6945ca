package httpgw_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	httpgw "github.com/palabre/palabre/gateway/http"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	uploading  = "POST /api/chat/attachments"
	attachment = "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e11"
)

// files is the part of a peer that takes and gives files.
type files struct {
	mu       sync.Mutex
	start    *chatv1.AttachmentStart
	received []byte
	whole    bool
	md       metadata.MD
	content  string // what is downloaded
	offsets  []int64
	refusal  error
}

func (f *files) handle(_ any, stream grpc.ServerStream, info *grpc.StreamServerInfo, _ grpc.StreamHandler) error {
	if info.FullMethod == chatv1.ChatService_UploadAttachment_FullMethodName {
		return f.upload(stream)
	}
	return f.download(stream)
}

func (f *files) upload(stream grpc.ServerStream) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start, f.received, f.whole = nil, nil, false
	f.md, _ = metadata.FromIncomingContext(stream.Context())
	for {
		req := new(chatv1.UploadAttachmentRequest)
		err := stream.RecvMsg(req)
		switch {
		case errors.Is(err, io.EOF):
			f.whole = true
			return stream.SendMsg(&chatv1.Attachment{Id: attachment, FileName: f.start.GetFileName(), Size: int64(len(f.received))})
		case err != nil:
			return err
		case req.GetStart() != nil:
			f.start = req.GetStart()
		case f.refusal != nil:
			return f.refusal
		}
		f.received = append(f.received, req.GetChunk()...)
	}
}

func (f *files) download(stream grpc.ServerStream) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	req := new(chatv1.DownloadAttachmentRequest)
	if err := stream.RecvMsg(req); err != nil {
		return err
	}
	f.offsets = append(f.offsets, req.GetOffset())
	for _, chunk := range []byte(f.content[req.GetOffset():]) {
		if err := stream.SendMsg(&chatv1.DownloadAttachmentResponse{Chunk: []byte{chunk}}); err != nil {
			return err
		}
	}
	return nil
}

// part is a part of a form: a file when it has a name.
type part struct{ field, fileName, content string }

// form is a multipart/form-data body, and its Content-Type.
func form(t testing.TB, parts ...part) (body, contentType string) {
	t.Helper()
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	for _, p := range parts {
		create := w.CreateFormField
		if p.fileName != "" {
			create = func(field string) (io.Writer, error) { return w.CreateFormFile(field, p.fileName) }
		}
		write, err := create(p.field)
		if err == nil {
			_, err = io.WriteString(write, p.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String(), w.FormDataContentType()
}

func (g *gateway) uploads(t testing.TB, parts ...part) answer {
	t.Helper()
	body, contentType := form(t, parts...)
	return g.do(t, "POST", "/api/chat/attachments", body, "Content-Type: "+contentType, "Authorization: Bearer x")
}

func TestAFormBecomesAnUpload(t *testing.T) {
	g := newGateway(t)
	content := strings.Repeat("0123456789", 50_000)
	a := g.uploads(t, part{"conversationId", "", conversation}, part{"file", "plan é.png", content})
	if a.StatusCode != http.StatusOK || a.json(t)["id"] != attachment || a.json(t)["size"] != "500000" {
		t.Fatalf("HTTP %d %s", a.StatusCode, a.body)
	}
	f := &g.peer.files
	if f.start.GetFileName() != "plan é.png" || f.start.GetConversationId() != conversation || string(f.received) != content {
		t.Errorf("the service got %v and %d bytes", f.start, len(f.received))
	}
	if got := f.md.Get("authorization"); len(got) != 1 || got[0] != "Bearer x" {
		t.Errorf("the credentials are %q", got)
	}
}

func TestAFormThatIsNoUploadIsRefused(t *testing.T) {
	g := newGateway(t)
	file := part{"file", "a.txt", "x"}
	for name, c := range map[string]struct {
		parts []part
		field string
	}{
		"no file":               {[]part{{"conversationId", "", conversation}}, "file"},
		"no conversation":       {[]part{{"conversationId", "", "x"}, file}, "conversationId"},
		"another field":         {[]part{{"colour", "", "red"}, file}, "colour"},
		"two files":             {[]part{file, file}, "file"},
		"the conversation last": {[]part{file, {"conversationId", "", conversation}}, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			if p := g.uploads(t, c.parts...).wants(t, http.StatusBadRequest, "INVALID_ARGUMENT"); p.Fields[c.field] == "" {
				t.Errorf("%v is said to be wrong", p.Fields)
			}
			g.peer.files.mu.Lock()
			defer g.peer.files.mu.Unlock()
			if g.peer.files.whole {
				t.Error("the service took it for whole")
			}
		})
	}
	g.do(t, "POST", "/api/chat/attachments", "{}").wants(t, http.StatusUnsupportedMediaType, "MALFORMED_BODY")
	body, contentType := form(t, file)
	g.do(t, "POST", "/api/chat/attachments", body[:len(body)-10], "Content-Type: "+contentType).wants(t, http.StatusBadRequest, "MALFORMED_BODY")
	g.do(t, "POST", "/api/chat/attachments", "x", "Content-Type: "+contentType).wants(t, http.StatusBadRequest, "INVALID_ARGUMENT")
}

func TestWhatTheServiceRefusesWhileItComesIsAnswered(t *testing.T) {
	g := newGateway(t)
	for reason, status := range map[rpcv1.ErrorReason]int{
		rpcv1.ErrorReason_PAYLOAD_TOO_LARGE:      http.StatusRequestEntityTooLarge,
		rpcv1.ErrorReason_MEDIA_TYPE_NOT_ALLOWED: http.StatusUnsupportedMediaType,
	} {
		g.peer.files.refusal = rpcerr.New(codes.InvalidArgument, reason, "")
		g.uploads(t, part{"file", "a.txt", strings.Repeat("x", 150_000)}).wants(t, status, reason.String())
	}
}

// holds makes the peer have a file.
func (g *gateway) holds(content, fileName, mediaType string) {
	g.peer.files.content = content
	g.peer.answers(func(context.Context, received) (proto.Message, error) {
		return &chatv1.Attachment{Id: attachment, FileName: fileName, MediaType: mediaType, Size: int64(len(content)), Sha256: "abc"}, nil
	})
}

func TestAFileIsDownloaded(t *testing.T) {
	const path = "/api/chat/attachments/" + attachment
	g := newGateway(t)
	g.holds("0123456789", "plan é.png", "image/png")
	whole := g.do(t, "GET", path+"?token=t", "", "Authorization: Bearer x")
	if whole.StatusCode != http.StatusOK || whole.body != "0123456789" {
		t.Fatalf("HTTP %d %q", whole.StatusCode, whole.body)
	}
	for header, want := range map[string]string{
		"Content-Type": "image/png", "Content-Length": "10", "ETag": `"abc"`, "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes",
		"Content-Disposition": "inline; filename*=utf-8''plan%20%C3%A9.png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := whole.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	asked := g.peer.last(t)
	if req := asked.request.(*chatv1.GetAttachmentRequest); req.GetId() != attachment || req.GetToken() != "t" || asked.metadata.Get("authorization")[0] != "Bearer x" {
		t.Errorf("the service is asked %v", asked)
	}

	some := g.do(t, "GET", path, "", "Range: bytes=7-8")
	if some.StatusCode != http.StatusPartialContent || some.body != "78" || some.Header.Get("Content-Range") != "bytes 7-8/10" {
		t.Errorf("a part: HTTP %d %q %v", some.StatusCode, some.body, some.Header)
	}
	if f := &g.peer.files; f.offsets[len(f.offsets)-1] != 7 {
		t.Errorf("the service was asked for the bytes from %v on", f.offsets)
	}
	before := len(g.peer.files.offsets)
	for want, headers := range map[int][]string{
		http.StatusRequestedRangeNotSatisfiable: {"Range: bytes=11-"},
		http.StatusNotModified:                  {`If-None-Match: "abc"`},
	} {
		if a := g.do(t, "GET", path, "", headers...); a.StatusCode != want {
			t.Errorf("%q: HTTP %d, want %d", headers, a.StatusCode, want)
		}
	}
	if head := g.do(t, "HEAD", path, ""); head.StatusCode != http.StatusOK || head.ContentLength != 10 {
		t.Errorf("HEAD: HTTP %d of %d bytes", head.StatusCode, head.ContentLength)
	}
	if len(g.peer.files.offsets) != before {
		t.Error("bytes were asked for that nobody reads")
	}
}

// What a browser would run is for saving.
func TestWhatMayRunIsNotShown(t *testing.T) {
	g := newGateway(t)
	for mediaType, kind := range map[string]string{
		"image/svg+xml": "attachment", "text/html": "attachment", "text/plain": "attachment", "application/zip": "attachment",
		"image/webp": "inline", "application/pdf": "inline", "video/mp4": "inline", "audio/mpeg": "inline",
	} {
		g.holds("x", "a", mediaType)
		a := g.do(t, "GET", "/api/chat/attachments/"+attachment, "")
		if got := a.Header.Get("Content-Disposition"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s is %s", mediaType, got)
		}
		if sandboxed := strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox"); sandboxed == (mediaType == "application/pdf") {
			t.Errorf("%s is in a sandbox: %v", mediaType, sandboxed)
		}
	}
}

func TestADownloadThatBreaksOffIsNotWhole(t *testing.T) {
	g := newGateway(t)
	g.holds("0123456789", "a.png", "image/png")
	g.peer.files.content = "0123"
	response, err := http.Get(g.url + "/api/chat/attachments/" + attachment) //nolint:noctx // ends with the server
	if err != nil {
		return // Nothing of it came.
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("half a file looks like a whole one")
	}
}

func TestWhoMayNotHaveAFileIsToldSoInJSON(t *testing.T) {
	g := newGateway(t)
	g.peer.fails(rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such attachment."))
	g.do(t, "GET", "/api/chat/attachments/"+attachment, "").wants(t, http.StatusNotFound, "NOT_FOUND")
	without := newGateway(t, func(cfg *httpgw.Config) { cfg.Chat = nil })
	without.uploads(t, part{"file", "a", "x"}).wants(t, http.StatusNotImplemented, "UNIMPLEMENTED")
}
