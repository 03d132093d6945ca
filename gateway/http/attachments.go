package httpgw

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/jsonpb"
)

// Files are neither read whole nor JSON, so they go past grpc-gateway: a form becomes the parts of an UploadAttachment, and a
// download is read from a DownloadAttachment as it is written.

// transfers answers what serves the methods whose bodies are files, by the name of the RPC.
func (g *Gateway) transfers() map[string]func(http.ResponseWriter, *http.Request) error {
	return map[string]func(http.ResponseWriter, *http.Request) error{
		chatv1.ChatService_UploadAttachment_FullMethodName: g.upload,
		chatv1.ChatService_GetAttachment_FullMethodName:    g.download,
	}
}

// fullMethod is how gRPC calls the RPC of a route.
func (rt *route) fullMethod() string {
	return "/" + string(rt.rpc.Parent().FullName()) + "/" + string(rt.rpc.Name())
}

// transfer gives a request the time that a file may take, and the metadata of its calls.
func (g *Gateway) transfer(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc, error) {
	md, err := g.callMetadata(r)
	if err != nil {
		return nil, nil, err
	}
	until := time.Now().Add(g.cfg.Limits.Transfer)
	control := http.NewResponseController(w)
	// What cannot be told has no deadlines either.
	_ = control.SetReadDeadline(until)
	_ = control.SetWriteDeadline(until)
	ctx, cancel := context.WithDeadline(metadata.NewOutgoingContext(r.Context(), md), until)
	return ctx, cancel, nil
}

// The parts of the form of an upload.
const (
	partFile         = "file"
	partConversation = "conversationId"
)

// maxPart is how many bytes of a part are read that is no file.
const maxPart = 100

// upload takes a form apart as it comes.
func (g *Gateway) upload(w http.ResponseWriter, r *http.Request) error {
	form, err := r.MultipartReader()
	if err != nil {
		return errMediaType("the body must be multipart/form-data")
	}
	ctx, cancel, err := g.transfer(w, r)
	if err != nil {
		return err
	}
	defer cancel()
	start := &chatv1.AttachmentStart{}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return invalid(partFile, "is missing")
		case err != nil:
			return malformed("the body is not the form it says it is, or did not come whole")
		}
		switch part.FormName() {
		case partConversation, "conversation_id":
			if start.ConversationId, err = partID(part); err != nil {
				return err
			}
		case partFile:
			start.FileName = strings.ToValidUTF8(part.FileName(), "")
			return g.takeFile(ctx, w, start, part, form)
		default:
			return invalid(shortened(strings.ToValidUTF8(part.FormName(), "\uFFFD")), "is not a part of this form")
		}
	}
}

// partID reads the id in a part. It is looked at here, because elsewhere it is called otherwise.
func partID(part *multipart.Part) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxPart))
	if err != nil {
		return "", malformed("the body did not come whole")
	}
	id, err := uuid.ParseBytes(text)
	if err != nil {
		return "", invalid(partConversation, "must be a UUID")
	}
	return id.String(), nil
}

// takeFile passes a file on, which has to be the last part of the form.
func (g *Gateway) takeFile(ctx context.Context, w http.ResponseWriter, start *chatv1.AttachmentStart, file io.Reader, form *multipart.Reader) error {
	ctx, cancel := context.WithCancel(ctx) // What is broken off here is broken off there.
	defer cancel()
	stream, err := chatv1.NewChatServiceClient(g.cfg.Chat).UploadAttachment(ctx)
	if err != nil {
		return err
	}
	if err := sendFile(stream, start, file); err != nil {
		return err
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		return invalid(partFile, "is not the last part of the form, or did not come whole")
	}
	stored, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	answer, err := jsonpb.Marshal(stored)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// uploadChunk is how many bytes are sent at once.
const uploadChunk = 64 << 10

// sendFile sends what a file is called, and its bytes, and not that it ends.
func sendFile(stream grpc.ClientStreamingClient[chatv1.UploadAttachmentRequest, chatv1.Attachment], start *chatv1.AttachmentStart, file io.Reader) error {
	err := stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Start{Start: start}})
	chunk := make([]byte, uploadChunk)
	for err == nil {
		n, readErr := file.Read(chunk)
		if n > 0 {
			err = stream.Send(&chatv1.UploadAttachmentRequest{Part: &chatv1.UploadAttachmentRequest_Chunk{Chunk: chunk[:n]}})
		}
		switch {
		case err != nil:
		case errors.Is(readErr, io.EOF):
			return nil
		case readErr != nil:
			return malformed("the body did not come whole")
		}
	}
	if errors.Is(err, io.EOF) {
		_, err = stream.CloseAndRecv() // The service has refused it, and says why.
	}
	return err
}

// download answers a file, whole or in parts, or that the caller's copy is the present one.
func (g *Gateway) download(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel, err := g.transfer(w, r)
	if err != nil {
		return err
	}
	defer cancel()
	client := chatv1.NewChatServiceClient(g.cfg.Chat)
	id, token := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], r.URL.Query().Get("token")
	asking, asked := context.WithTimeout(ctx, g.cfg.Limits.Request)
	defer asked()
	file, err := client.GetAttachment(asking, &chatv1.GetAttachmentRequest{Id: id, Token: token})
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", file.GetMediaType())
	header.Set("Content-Disposition", disposition(file))
	header.Set("Content-Security-Policy", contentSecurity(file.GetMediaType()))
	header.Set("ETag", `"`+file.GetSha256()+`"`)
	// It never changes, and who may have it does.
	header.Set("Cache-Control", "private, no-cache")
	bytes := &remoteFile{ctx: ctx, client: client, request: &chatv1.DownloadAttachmentRequest{Id: id, Token: token}, size: file.GetSize()}
	http.ServeContent(w, r, "", time.Time{}, bytes)
	if bytes.fault != nil {
		g.cfg.Logger.DebugContext(ctx, "a download broke off", "request_id", exchangeOf(r.Context()).id, "error", bytes.fault)
		panic(http.ErrAbortHandler) // Half an answer must not look like a whole one.
	}
	return nil
}

// shownTypes are what browsers show and do not run. Everything else is for saving.
var shownTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"application/pdf": true,
}

// isShown says whether a browser may show files of a type in place.
func isShown(mediaType string) bool {
	return shownTypes[mediaType] || strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/")
}

func disposition(file *chatv1.Attachment) string {
	kind := "attachment"
	if isShown(file.GetMediaType()) {
		kind = "inline"
	}
	if value := mime.FormatMediaType(kind, map[string]string{"filename": file.GetFileName()}); value != "" {
		return value
	}
	return kind
}

// contentSecurity keeps what a file may hold from running as a page of this origin. Chrome shows no PDF in a sandbox.
func contentSecurity(mediaType string) string {
	if mediaType == "application/pdf" {
		return "default-src 'none'; style-src 'unsafe-inline'"
	}
	return "default-src 'none'; sandbox"
}

// remoteFile is a file of the chat service. It asks for the bytes once they are read, from where they are read.
type remoteFile struct {
	ctx     context.Context
	client  chatv1.ChatServiceClient
	request *chatv1.DownloadAttachmentRequest
	size    int64
	at      int64

	stream grpc.ServerStreamingClient[chatv1.DownloadAttachmentResponse]
	stop   context.CancelFunc
	rest   []byte
	fault  error
}

// Seek implements io.Seeker.
func (f *remoteFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return 0, errors.New("httpgw: a place before the beginning of a file")
	}
	if offset != f.at && f.stop != nil {
		f.stop()
		f.stream, f.stop, f.rest = nil, nil, nil
	}
	f.at = offset
	return f.at, nil
}

// Read implements io.Reader.
func (f *remoteFile) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.at >= f.size {
			return 0, io.EOF
		}
		if err := f.next(); err != nil {
			f.fault = err
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest, f.at = f.rest[n:], f.at+int64(n)
	return n, nil
}

// next fetches the next bytes.
func (f *remoteFile) next() error {
	if f.stream == nil {
		ctx, stop := context.WithCancel(f.ctx)
		f.request.Offset = f.at
		stream, err := f.client.DownloadAttachment(ctx, f.request)
		if err != nil {
			stop()
			return err
		}
		f.stream, f.stop = stream, stop
	}
	part, err := f.stream.Recv()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // There is less than there should be.
	}
	f.rest = part.GetChunk()
	return err
}
