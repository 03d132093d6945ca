package rpcerr

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// Domain is the `domain` of every ErrorInfo made here.
const Domain = "palabre"

// locale is the language of the LocalizedMessage, that of the design's users.
const locale = "fr"

// Option adds a detail to an error.
type Option func(*details)

type details struct {
	metadata   map[string]string
	violations []*errdetails.BadRequest_FieldViolation
	retry      *errdetails.RetryInfo
	told       *errdetails.LocalizedMessage
}

// Field says what is wrong with a field of the request. The path is as the caller wrote it, in JSON: "participants[0].userId".
func Field(path, description string) Option {
	return func(d *details) {
		d.violations = append(d.violations, &errdetails.BadRequest_FieldViolation{Field: path, Description: description})
	}
}

// RetryAfter says that the same call may do better after d.
func RetryAfter(d time.Duration) Option {
	return func(all *details) { all.retry = &errdetails.RetryInfo{RetryDelay: durationpb.New(d)} }
}

// Told says something to the person in place of the reason's own words, in a language such as fr.
func Told(language, text string) Option {
	return func(d *details) { d.told = &errdetails.LocalizedMessage{Locale: language, Message: text} }
}

// Metadata adds a fact for programs to the ErrorInfo. Keys are lowerCamelCase.
func Metadata(key, value string) Option {
	return func(d *details) {
		if d.metadata == nil {
			d.metadata = map[string]string{}
		}
		d.metadata[key] = value
	}
}

// New makes an error for callers. The message is for developers, in English, and quotes nothing that the caller may not
// see; the reason's own text when empty. The code is not codes.OK.
func New(code codes.Code, reason rpcv1.ErrorReason, message string, options ...Option) error {
	return newStatus(code, reason, message, options...).Err()
}

func newStatus(code codes.Code, reason rpcv1.ErrorReason, message string, options ...Option) *status.Status {
	var d details
	for _, option := range options {
		option(&d)
	}
	words := wordsFor(reason)
	if message == "" {
		message = words.english
	}
	return withDetails(status.New(code, message), d.messages(reason, words)...)
}

func (d *details) messages(reason rpcv1.ErrorReason, words words) []protoadapt.MessageV1 {
	if d.told == nil {
		d.told = &errdetails.LocalizedMessage{Locale: locale, Message: words.french}
	}
	messages := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: reason.String(), Domain: Domain, Metadata: d.metadata},
		d.told,
	}
	if len(d.violations) > 0 {
		messages = append(messages, &errdetails.BadRequest{FieldViolations: d.violations})
	}
	if d.retry != nil {
		messages = append(messages, d.retry)
	}
	return messages
}

func withDetails(s *status.Status, messages ...protoadapt.MessageV1) *status.Status {
	detailed, err := s.WithDetails(messages...)
	if err != nil {
		return s // Only for codes.OK, or text that is not UTF-8: the code is worth more than nothing.
	}
	return detailed
}
