package httpgw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// mostViolations is how many faults are listed; who sends thousands has one bug.
const mostViolations = 20

// diagnose says what is wrong with a body that protojson refused. protojson knows, and says it in a text that changes
// from build to build on purpose, without the path of the field; so the body is looked at again, field by field.
func diagnose(data []byte, message protoreflect.MessageDescriptor) error {
	if !utf8.Valid(data) {
		return malformed("the body is not UTF-8")
	}
	if err := syntax(data); err != nil {
		return err
	}
	var d diagnosis
	d.message("", data, message)
	if len(d.violations) == 0 {
		return malformed("the body is not the JSON that it should be")
	}
	if d.violations[0].Field == "" {
		return malformed("the body " + d.violations[0].Description)
	}
	var options []rpcerr.Option
	for _, v := range d.violations {
		options = append(options, rpcerr.Field(v.Field, v.Description))
	}
	first := d.violations[0]
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		first.Field+" "+first.Description, options...)
}

// syntax answers where the body stops being JSON, or nil.
func syntax(data []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(data, &whole)
	var at *json.SyntaxError
	if !errors.As(err, &at) {
		return nil
	}
	before := data[:min(int(at.Offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return malformed(fmt.Sprintf("the body is not JSON: line %d, column %d", line, column))
}

// diagnosis collects what is wrong, in the order of the body. Paths are as the caller wrote them.
type diagnosis struct {
	violations []rpcerr.FieldViolation
}

func (d *diagnosis) add(path, description string) {
	if len(d.violations) < mostViolations {
		d.violations = append(d.violations, rpcerr.FieldViolation{Field: path, Description: description})
	}
}

func (d *diagnosis) message(path string, data json.RawMessage, message protoreflect.MessageDescriptor) {
	if isWellKnown(message) {
		if jsonIn.Unmarshal(data, dynamicpb.NewMessage(message)) != nil {
			d.add(path, expectedMessage(message))
		}
		return
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		d.add(path, "must be an object")
		return
	}
	given := map[protoreflect.FieldNumber]bool{}
	chosen := map[protoreflect.Name]string{}
	for dec.More() {
		key, err := dec.Token()
		name, ok := key.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return // syntax has found nothing, so this cannot be
		}
		at := join(path, name)
		field := fieldNamed(message, name)
		switch {
		case field == nil:
			d.add(at, "is not known")
		case given[field.Number()]:
			d.add(at, "is given twice")
		default:
			given[field.Number()] = true
			d.field(at, value, field)
			d.choice(at, value, field, chosen)
		}
	}
}

// choice says of a field that another one was given already which it excludes. chosen are those that were, by their oneof.
func (d *diagnosis) choice(path string, data json.RawMessage, field protoreflect.FieldDescriptor, chosen map[protoreflect.Name]string) {
	one := field.ContainingOneof()
	if one == nil || string(data) == "null" {
		return
	}
	if other, taken := chosen[one.Name()]; taken {
		d.add(path, "cannot be given with "+other)
	}
	chosen[one.Name()] = path
}

func (d *diagnosis) field(path string, data json.RawMessage, field protoreflect.FieldDescriptor) {
	switch {
	case string(data) == "null":
	case field.IsMap():
		d.scalar(path, data, field, "must be an object")
	case field.IsList():
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			d.add(path, "must be a list")
			return
		}
		for i, item := range items {
			d.item(fmt.Sprintf("%s[%d]", path, i), item, field)
		}
	case field.Message() != nil:
		d.message(path, data, field.Message())
	default:
		d.scalar(path, data, field, expected(field))
	}
}

func (d *diagnosis) item(path string, data json.RawMessage, field protoreflect.FieldDescriptor) {
	if field.Message() != nil {
		d.message(path, data, field.Message())
		return
	}
	list := append(append(json.RawMessage("["), data...), ']')
	d.scalar(path, list, field, expected(field))
}

// scalar asks protojson for its verdict on one value.
func (d *diagnosis) scalar(path string, data json.RawMessage, field protoreflect.FieldDescriptor, description string) {
	object := fmt.Appendf(nil, "{%q:%s}", field.Name(), data)
	if jsonIn.Unmarshal(object, dynamicpb.NewMessage(field.ContainingMessage())) != nil {
		d.add(path, description)
	}
}

// fieldNamed finds a field by either name that proto3 JSON accepts.
func fieldNamed(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByTextName(name)
}

// isWellKnown says whether JSON writes a message in a form of its own, as a time.
func isWellKnown(message protoreflect.MessageDescriptor) bool {
	return message.ParentFile().Package() == "google.protobuf"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// expected says what a value of a field looks like.
func expected(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "must be true or false"
	case protoreflect.EnumKind:
		return "must be one of " + words(field.Enum())
	case protoreflect.StringKind:
		return "must be a string of Unicode characters"
	case protoreflect.BytesKind:
		return "must be a string in base64"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "must be a number"
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return expectedMessage(field.Message())
	default:
		return "must be a whole number in range"
	}
}

func expectedMessage(message protoreflect.MessageDescriptor) string {
	switch message.FullName() {
	case "google.protobuf.Timestamp":
		return "must be a time such as 2026-01-31T08:00:00Z"
	case "google.protobuf.Struct":
		return "must be an object, and not nested too deep"
	default:
		return "must be an object"
	}
}

// words lists what an enumeration may say. Its zero value stands for nothing said.
func words(enum protoreflect.EnumDescriptor) string {
	var list []string
	for i := range enum.Values().Len() {
		if v := enum.Values().Get(i); v.Number() != 0 {
			list = append(list, string(v.Name()))
		}
	}
	return strings.Join(list, ", ")
}
