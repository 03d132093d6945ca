package chat

import (
	"errors"
	"io"
	"io/fs"

	"google.golang.org/grpc"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// downloadChunk is how many bytes are sent at once.
const downloadChunk = 64 << 10

// DownloadAttachment sends a file's bytes to whoever may have it.
func (s *Service) DownloadAttachment(req *chatv1.DownloadAttachmentRequest, stream grpc.ServerStreamingServer[chatv1.DownloadAttachmentResponse]) error {
	ctx := stream.Context()
	a, err := s.readable(ctx, req.GetId(), req.GetToken())
	if err != nil {
		return err
	}
	if req.GetOffset() > a.File.GetSize() {
		return invalid("offset", "is beyond the end of the file")
	}
	file, err := s.blobs.Open(ctx, a.key(), req.GetOffset())
	if errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
		s.logger.ErrorContext(ctx, "the bytes of an attachment are gone", "attachment", a.File.GetId())
		return notFound("attachment")
	}
	if err != nil {
		return s.storageFailed(ctx, a, err)
	}
	defer func() { _ = file.Close() }()
	return s.send(a, file, stream)
}

// send sends all that a reader has.
func (s *Service) send(a Attachment, file io.Reader, stream grpc.ServerStreamingServer[chatv1.DownloadAttachmentResponse]) error {
	chunk := make([]byte, downloadChunk)
	for {
		n, err := io.ReadFull(file, chunk)
		if n > 0 {
			if err := stream.Send(&chatv1.DownloadAttachmentResponse{Chunk: chunk[:n]}); err != nil {
				return err
			}
			s.attachmentMetrics.sentBytes.Add(float64(n))
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return s.storageFailed(stream.Context(), a, err)
		}
	}
}
