package rpc

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// checkText refuses a message with text that is not UTF-8, or has a zero character, which PostgreSQL keeps in no text. On
// the network the encoding sees to the first; in memory nothing is encoded, and what an URL may bring would reach the
// database.
func checkText(m protoreflect.Message) error {
	bad := findBadText(m)
	if bad == nil {
		return nil
	}
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		"The request is not valid: "+bad.path+": "+bad.description+".", rpcerr.Field(bad.path, bad.description))
}

// badText is what is wrong with a text, and where it is: in JSON, as the caller wrote it.
type badText struct {
	path, description string
}

// under puts the path of what holds the text before its own.
func (b *badText) under(path string) *badText {
	switch {
	case b == nil:
		return nil
	case b.path == "" || b.path[0] == '[':
		b.path = path + b.path
	default:
		b.path = path + "." + b.path
	}
	return b
}

func findBadText(m protoreflect.Message) (bad *badText) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.IsMap():
			bad = inMap(field, v.Map())
		case field.IsList():
			bad = inList(field, v.List())
		default:
			bad = inValue(field, v)
		}
		bad = bad.under(field.JSONName())
		return bad == nil
	})
	return bad
}

func inMap(field protoreflect.FieldDescriptor, m protoreflect.Map) (bad *badText) {
	m.Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
		if bad = inValue(field.MapKey(), key.Value()); bad == nil {
			bad = inValue(field.MapValue(), v)
		}
		return bad == nil
	})
	return bad
}

func inList(field protoreflect.FieldDescriptor, list protoreflect.List) *badText {
	switch field.Kind() {
	case protoreflect.StringKind, protoreflect.MessageKind:
	default:
		return nil
	}
	for i := range list.Len() {
		if bad := inValue(field, list.Get(i)); bad != nil {
			return bad.under("[" + strconv.Itoa(i) + "]")
		}
	}
	return nil
}

func inValue(of protoreflect.FieldDescriptor, v protoreflect.Value) *badText {
	switch of.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return findBadText(v.Message())
	case protoreflect.StringKind:
		if !utf8.ValidString(v.String()) {
			return &badText{description: "is not UTF-8"}
		}
		if strings.ContainsRune(v.String(), 0) {
			return &badText{description: "has a zero character (U+0000)"}
		}
	}
	return nil
}
