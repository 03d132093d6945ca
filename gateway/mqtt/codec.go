package mqttgw

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/jsonpb"
	"github.com/palabre/palabre/internal/rpcerr"
)

const (
	// maxUplink is the largest payload of an uplink, in bytes.
	maxUplink = 16 << 10
	// maxSalvaged is the largest payload that is looked into for the id of what it should have been.
	maxSalvaged = 64 << 10
	// maxDepth is how deep the JSON of an uplink may be nested.
	maxDepth = 32
)

// encode writes a payload as the contract wants it: fields with default values are there, absent messages are not.
func encode(m proto.Message) ([]byte, error) {
	return jsonpb.Marshal(m)
}

// decode reads an uplink's payload. The error is one to answer: INVALID_ARGUMENT, naming the field at fault when one is.
func decode(payload []byte, into proto.Message) error {
	switch {
	case len(payload) > maxUplink:
		return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE, "The payload is over 16 KiB.")
	case !utf8.Valid(payload):
		return malformed("The payload is not UTF-8.")
	}
	if err := unmarshal(payload, into); err != nil {
		return explain(payload, into.ProtoReflect().Type())
	}
	return nil
}

func unmarshal(payload []byte, into proto.Message) error {
	return protojson.UnmarshalOptions{RecursionLimit: maxDepth}.Unmarshal(payload, into)
}

// explain says what is wrong with a payload. It does not read protojson's errors, whose text is unstable on purpose, but
// tries each field by itself.
func explain(payload []byte, of protoreflect.MessageType) error {
	fields := fieldsOf(payload)
	if fields == nil {
		return malformed("The payload is not a JSON object.")
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		field := of.Descriptor().Fields().ByJSONName(name)
		if field == nil {
			field = of.Descriptor().Fields().ByTextName(name)
		}
		if field == nil {
			return badField(name, "there is no such field here")
		}
		if !readable(name, fields[name], of) {
			return badField(name, "is not "+wanted(field))
		}
	}
	return malformed("The payload is not JSON as it should be; perhaps a field is there twice.")
}

// readable says whether a message with this field alone could be read.
func readable(name string, value json.RawMessage, of protoreflect.MessageType) bool {
	alone, err := json.Marshal(map[string]json.RawMessage{name: value})
	if err != nil {
		return false
	}
	return unmarshal(alone, of.New().Interface()) == nil
}

func wanted(field protoreflect.FieldDescriptor) string {
	var kind string
	switch field.Kind() {
	case protoreflect.BoolKind:
		kind = "a boolean"
	case protoreflect.StringKind:
		kind = "text"
	case protoreflect.EnumKind:
		kind = "one of its words"
	case protoreflect.MessageKind:
		kind = "readable"
	default:
		kind = "a whole number"
	}
	if field.IsList() {
		return "a list, each item " + kind
	}
	return kind
}

func malformed(message string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_MALFORMED_BODY, message)
}

func badField(name, description string) error {
	const longest = 100
	if len(name) > longest {
		name = string([]rune(name[:longest]))
	}
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		"The payload is not valid: "+name+": "+description+".", rpcerr.Field(name, description))
}

// fieldsOf answers the fields of a JSON object, and nil when the payload is something else.
func fieldsOf(payload []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil
	}
	return fields
}

// salvage reads one text field out of a payload that could not be decoded, so that its sender can tell which of theirs the
// answer is to. It is "" when there is none, or one too long to repeat.
func salvage(payload []byte, names ...string) string {
	const longest = 256
	if len(payload) > maxSalvaged || !utf8.Valid(payload) {
		return ""
	}
	fields := fieldsOf(payload)
	for _, name := range names {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && text != "" && len(text) <= longest {
			return text
		}
	}
	return ""
}
