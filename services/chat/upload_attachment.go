package chat

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// unsentTime is how long a file waits to be sent.
const unsentTime = 24 * time.Hour

// UploadAttachment takes a file in. Its row comes first, then its bytes, then what they turned out to be: whatever is broken
// off in between is removed by its row.
func (s *Service) UploadAttachment(stream grpc.ClientStreamingServer[chatv1.UploadAttachmentRequest, chatv1.Attachment]) error {
	ctx := stream.Context()
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	if first.GetStart() == nil {
		return invalid("start", "comes first")
	}
	a, err := s.beginUpload(ctx, first.GetStart())
	if err != nil {
		return err
	}
	if err := s.takeIn(ctx, a, stream); err != nil {
		s.abandon(ctx, a)
		return err
	}
	s.attachmentMetrics.uploaded.Inc()
	s.attachmentMetrics.receivedBytes.Add(float64(a.File.GetSize()))
	return stream.SendAndClose(a.File)
}

// beginUpload looks at all that can be said before the bytes come, and keeps that they do.
func (s *Service) beginUpload(ctx context.Context, start *chatv1.AttachmentStart) (Attachment, error) {
	p := caller(ctx)
	if err := s.offersFiles(p); err != nil {
		return Attachment{}, err
	}
	if err := s.admitVisitor(ctx); err != nil {
		return Attachment{}, err
	}
	if err := s.limitUploads(ctx); err != nil {
		return Attachment{}, err
	}
	// A visitor's is for their one conversation, and goes when they are erased.
	c, err := s.destination(ctx, cmp.Or(start.GetConversationId(), p.ConversationID))
	if err != nil {
		return Attachment{}, err
	}
	name, err := s.moderateFileName(ctx, cleanFileName(start.GetFileName()), c.GetType())
	if err != nil {
		return Attachment{}, err
	}
	now := s.now()
	a := Attachment{
		ApplicationID:  p.ApplicationID,
		Uploader:       p.Subject(),
		ConversationID: c.GetId(),
		CreatedAt:      now,
		RemoveAfter:    now.Add(unsentTime),
		File:           &chatv1.Attachment{Id: newID(), FileName: name},
	}
	a.File.Url = AttachmentURL(a.File.GetId())
	return a, s.store.CreateAttachment(ctx, a)
}

// limitUploads takes a slot of the caller's among their uploads.
func (s *Service) limitUploads(ctx context.Context) error {
	p := caller(ctx)
	// No subject has the =, and no text is compared by so short a name.
	_, wait := s.flood.slot(ctx, floodKey(p)+"=file", s.attachmentRules(p.ApplicationID).flood())
	if wait > 0 {
		return rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_RATE_LIMIT, "Too many files in a short time.", rpcerr.RetryAfter(wait))
	}
	return nil
}

// destination answers the conversation in which a file will be sent, in which the caller may write; nothing when none is said.
func (s *Service) destination(ctx context.Context, conversationID string) (*chatv1.Conversation, error) {
	if conversationID == "" {
		return nil, nil
	}
	return s.allowed(ctx, permission.Write, conversationID)
}

// moderateFileName answers a file's name as people may see it, or why they may not.
func (s *Service) moderateFileName(ctx context.Context, name string, t chatv1.Conversation_Type) (string, error) {
	p := caller(ctx)
	content := s.contentBy(ctx, p)
	content.Content, content.Field, content.ConversationType = name, "file_name", moderatedAs(t)
	verdict, err := s.judge(ctx, p.ApplicationID, content)
	if err == nil {
		err = s.refusalNow(ctx, "file", verdict)
	}
	return cleanFileName(shown(name, verdict)), err
}

// takeIn keeps the bytes of a file, and what they are.
func (s *Service) takeIn(ctx context.Context, a Attachment, stream uploadStream) error {
	rules := s.attachmentRules(a.ApplicationID)
	bytes := &uploadReader{stream: stream, most: rules.MaxBytes}
	buffered := bufio.NewReaderSize(bytes, sniffedBytes)
	head, err := buffered.Peek(sniffedBytes)
	switch {
	case bytes.fault != nil:
		return bytes.fault
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case len(head) == 0:
		return invalid("file", "is empty")
	}
	if a.File.MediaType = mediaTypeOf(head); !rules.takes(a.File.GetMediaType()) {
		return errMediaTypeNotTaken(a.File.GetMediaType())
	}
	sum := sha256.New()
	switch err := s.blobs.Put(ctx, a.key(), io.TeeReader(buffered, sum)); {
	case bytes.fault != nil:
		return bytes.fault
	case err != nil:
		return s.storageFailed(ctx, a, err)
	}
	a.File.Size, a.File.Sha256 = bytes.count, hex.EncodeToString(sum.Sum(nil))
	a.File.Width, a.File.Height = s.measure(ctx, a)
	return s.store.CompleteAttachment(ctx, a, s.now())
}

// abandon has what came of a file removed. If that fails, it is removed as one that is not sent.
func (s *Service) abandon(ctx context.Context, a Attachment) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if err := s.store.AbandonAttachment(ctx, a.ApplicationID, a.File.GetId(), s.now()); err != nil {
		s.logger.WarnContext(ctx, "an upload that failed stays until it is removed as unsent", "attachment", a.File.GetId(), "error", err)
	}
}

const abandonTime = 5 * time.Second

// storageFailed tells the operator what the caller need not know.
func (s *Service) storageFailed(ctx context.Context, a Attachment, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.logger.ErrorContext(ctx, "the storage of attachments failed", "attachment", a.File.GetId(), "error", err)
	return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "", rpcerr.RetryAfter(storageRetry))
}

// storageRetry is when a disk that was full or away may be back.
const storageRetry = 30 * time.Second

// uploadStream is where the parts of an upload come from.
type uploadStream interface {
	Recv() (*chatv1.UploadAttachmentRequest, error)
}

// uploadReader reads the bytes of an upload, up to how many there may be.
type uploadReader struct {
	stream uploadStream
	most   int64
	count  int64
	rest   []byte
	// fault is what is wrong with what came, or that no more comes.
	fault error
}

// Read implements io.Reader.
func (r *uploadReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.fault != nil {
			return 0, r.fault
		}
		req, err := r.stream.Recv()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		r.rest, r.fault = r.next(req, err)
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// next answers the bytes of a part.
func (r *uploadReader) next(req *chatv1.UploadAttachmentRequest, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if req.GetStart() != nil {
		return nil, invalid("start", "comes once")
	}
	if r.count += int64(len(req.GetChunk())); r.count > r.most {
		return nil, errTooLarge(r.most)
	}
	return req.GetChunk(), nil
}
