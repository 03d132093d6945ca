package rpc

import (
	"errors"
	"fmt"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// validator checks messages against the rules in their proto files.
type validator struct {
	rules protovalidate.Validator
}

func newValidator() (*validator, error) {
	rules, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("validator: %w", err)
	}
	return &validator{rules}, nil
}

// prepare compiles the rules of a service's requests, which would otherwise take milliseconds of each method's first call.
// A service whose file is not linked in is left to that.
func (v *validator) prepare(desc *grpc.ServiceDesc) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(desc.ServiceName))
	if err != nil {
		return
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return
	}
	for i := range service.Methods().Len() {
		input := service.Methods().Get(i).Input().FullName()
		if message, err := protoregistry.GlobalTypes.FindMessageByName(input); err == nil {
			// What is wrong with an empty message is of no interest; rules that do not compile are, at the first call.
			_ = v.rules.Validate(message.New().Interface())
		}
	}
}

// message answers INVALID_ARGUMENT with what is wrong with the text, or with each field, or nil.
func (v *validator) message(m any) error {
	message, ok := m.(proto.Message)
	if !ok {
		return nil
	}
	if err := checkText(message.ProtoReflect()); err != nil {
		return err
	}
	err := v.rules.Validate(message)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("validate a %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	return invalidArgument(message.ProtoReflect().Descriptor(), invalid)
}

func invalidArgument(of protoreflect.MessageDescriptor, invalid *protovalidate.ValidationError) error {
	text := "The request is not valid"
	var fields []rpcerr.Option
	for i, violation := range invalid.Violations {
		path, description := jsonPath(of, violation), violation.Proto.GetMessage()
		if i == 0 {
			text += ": " + path + ": " + description
		}
		fields = append(fields, rpcerr.Field(path, description))
	}
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT, text+".", fields...)
}

// jsonPath names the field of a violation as it is called in JSON: "participants[0].userId".
func jsonPath(of protoreflect.MessageDescriptor, violation *protovalidate.Violation) string {
	path := proto.CloneOf(violation.Proto.GetField())
	for _, element := range path.GetElements() {
		if of == nil {
			break
		}
		field := of.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber()))
		if field == nil {
			break // A oneof, which has no number and no name in JSON.
		}
		element.SetFieldName(field.JSONName())
		if of = field.Message(); field.IsMap() {
			of = field.MapValue().Message()
		}
	}
	return protovalidate.FieldPathString(path)
}
