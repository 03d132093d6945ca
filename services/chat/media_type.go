package chat

import (
	"context"
	"image"
	_ "image/gif"  // so that images of these kinds
	_ "image/jpeg" // can be
	_ "image/png"  // measured
	"io"
	"math"
	"mime"

	"github.com/gabriel-vasile/mimetype"
)

// sniffedBytes are how many bytes of a file say what it is.
const sniffedBytes = 3072

// measuredBytes are how many bytes of an image are read to find its size: cameras put a lot before it.
const measuredBytes = 1 << 20

// mediaTypeOf is what a file is by its first bytes, without parameters. What its sender calls it does not count, since it is
// shown as what it is said to be.
func mediaTypeOf(head []byte) string {
	mediaType, _, err := mime.ParseMediaType(mimetype.Detect(head).String())
	if err != nil {
		return "application/octet-stream"
	}
	return mediaType
}

// measure answers the width and height of an image in pixels; 0 where they cannot be told.
func (s *Service) measure(ctx context.Context, a Attachment) (width, height int32) {
	switch a.File.GetMediaType() {
	case "image/gif", "image/jpeg", "image/png":
	default:
		return 0, 0
	}
	file, err := s.blobs.Open(ctx, a.key(), 0)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = file.Close() }()
	config, _, err := image.DecodeConfig(io.LimitReader(file, measuredBytes))
	if err != nil || min(config.Width, config.Height) < 0 || max(config.Width, config.Height) > math.MaxInt32 {
		return 0, 0
	}
	return int32(config.Width), int32(config.Height)
}
