package chat

import (
	"errors"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/flood"
	"github.com/palabre/palabre/internal/rpcerr"
)

// AttachmentRules are an application's terms for files. Each zero has a default.
type AttachmentRules struct {
	// MaxBytes is how large a file may be: 25 MiB.
	MaxBytes int64 `yaml:"max_bytes"`
	// MediaTypes are the kinds of files that are taken, such as application/pdf or image/*: defaultMediaTypes. What a file is
	// shows in its first bytes, whatever it is called.
	MediaTypes []string `yaml:"media_types"`
	// Limit is how many files someone may upload within LimitWindow: 60 in 10 minutes. A limit below 0 is none, and back ends
	// have none.
	Limit       int           `yaml:"limit"`
	LimitWindow time.Duration `yaml:"limit_window"`
}

// defaultMediaTypes are what people send each other. What a browser would run is not among them.
var defaultMediaTypes = []string{
	"image/*", "audio/*", "video/*", "application/pdf", "text/plain", "text/csv", "text/calendar", "text/vcard", "text/rtf", "application/zip",
	"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
}

// Validate names the key that cannot be.
func (r AttachmentRules) Validate() error {
	switch {
	case r.MaxBytes < 0:
		return errors.New("max_bytes: is negative")
	case r.LimitWindow < 0:
		return errors.New("limit_window: is negative")
	}
	for i, pattern := range r.MediaTypes {
		if parsed, params, err := mime.ParseMediaType(pattern); err != nil || parsed != pattern || len(params) > 0 || !strings.Contains(pattern, "/") {
			return fmt.Errorf("media_types[%d]: %q is no media type such as application/pdf or image/*", i, pattern)
		}
	}
	return nil
}

func (r AttachmentRules) withDefaults() AttachmentRules {
	if r.MaxBytes == 0 {
		r.MaxBytes = 25 << 20
	}
	if len(r.MediaTypes) == 0 {
		r.MediaTypes = defaultMediaTypes
	}
	setDefault(&r.Limit, 60)
	setDefault(&r.LimitWindow, 10*time.Minute)
	return r
}

// flood is how many files someone may upload; none when there is no limit.
func (r AttachmentRules) flood() flood.Limit {
	return flood.Limit{Messages: max(0, r.Limit), Window: r.LimitWindow}
}

// takes says whether files of a media type are taken.
func (r AttachmentRules) takes(mediaType string) bool {
	for _, pattern := range r.MediaTypes {
		if family, ok := strings.CutSuffix(pattern, "*"); pattern == mediaType || ok && strings.HasPrefix(mediaType, family) {
			return true
		}
	}
	return false
}

func errTooLarge(most int64) error {
	text := strconv.FormatInt(most, 10)
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE, "The file is larger than "+text+" bytes.",
		rpcerr.Metadata("maxBytes", text), rpcerr.Field("file", "is larger than "+text+" bytes"))
}

func errMediaTypeNotTaken(mediaType string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_MEDIA_TYPE_NOT_ALLOWED,
		"The application does not take files of the kind "+mediaType+".",
		rpcerr.Metadata("mediaType", mediaType), rpcerr.Field("file", "is of the kind "+mediaType))
}

// attachmentRules are an application's terms for files.
func (s *Service) attachmentRules(applicationID string) AttachmentRules {
	return s.attachments[applicationID].withDefaults()
}

// offersFiles answers an error when the caller's application has attachments switched off.
func (s *Service) offersFiles(p auth.Principal) error {
	if s.features[p.ApplicationID].Attachments {
		return nil
	}
	return featureDisabled("attachments")
}

// offersAttachments is offersFiles for a message that may have none.
func (s *Service) offersAttachments(p auth.Principal, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.offersFiles(p)
}
