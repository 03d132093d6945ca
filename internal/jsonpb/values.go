package jsonpb

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// writerOf answers what writes the values of a field, or nil for one to leave to protojson: maps and what has a fraction.
func writerOf(f protoreflect.FieldDescriptor) valueWriter {
	if f.IsMap() {
		return nil
	}
	one := singular(f)
	if one == nil || !f.IsList() {
		return one
	}
	return func(b []byte, v protoreflect.Value) ([]byte, error) { return appendList(b, v.List(), one) }
}

func singular(f protoreflect.FieldDescriptor) valueWriter {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return appendBool
	case protoreflect.StringKind:
		return stringWriter(f)
	case protoreflect.BytesKind:
		return appendBytes
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return appendInt32
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return appendInt64
	case protoreflect.EnumKind:
		return enumWriter(f.Enum())
	case protoreflect.MessageKind:
		return writerOfMessages(f.Message())
	default:
		return nil
	}
}

func appendList(b []byte, list protoreflect.List, one valueWriter) (_ []byte, err error) {
	b = append(b, '[')
	for i := range list.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = one(b, list.Get(i)); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func appendBool(b []byte, v protoreflect.Value) ([]byte, error) {
	return strconv.AppendBool(b, v.Bool()), nil
}

func appendInt32(b []byte, v protoreflect.Value) ([]byte, error) {
	return strconv.AppendInt(b, v.Int(), 10), nil
}

// appendInt64 writes a string: JavaScript's numbers end at 53 bits.
func appendInt64(b []byte, v protoreflect.Value) ([]byte, error) {
	b = append(b, '"')
	b = strconv.AppendInt(b, v.Int(), 10)
	return append(b, '"'), nil
}

func appendBytes(b []byte, v protoreflect.Value) ([]byte, error) {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, v.Bytes())
	return append(b, '"'), nil
}

func stringWriter(f protoreflect.FieldDescriptor) valueWriter {
	return func(b []byte, v protoreflect.Value) ([]byte, error) {
		b, ok := appendString(b, v.String())
		if !ok {
			return b, fmt.Errorf("jsonpb: %s is not UTF-8", f.FullName())
		}
		return b, nil
	}
}

// enumWriter writes a word, or the number of one that only another version knows.
func enumWriter(of protoreflect.EnumDescriptor) valueWriter {
	if of.FullName() == "google.protobuf.NullValue" {
		return nil
	}
	words := map[protoreflect.EnumNumber]string{}
	for i := range of.Values().Len() {
		v := of.Values().Get(i)
		if _, alias := words[v.Number()]; !alias {
			words[v.Number()] = `"` + string(v.Name()) + `"`
		}
	}
	return func(b []byte, v protoreflect.Value) ([]byte, error) {
		if word, ok := words[v.Enum()]; ok {
			return append(b, word...), nil
		}
		return strconv.AppendInt(b, int64(v.Enum()), 10), nil
	}
}

// writerOfMessages looks for the plan when there is a message: a type may be part of itself.
func writerOfMessages(of protoreflect.MessageDescriptor) valueWriter {
	plan := sync.OnceValue(func() *plan { return planOf(of) })
	return func(b []byte, v protoreflect.Value) ([]byte, error) { return plan().write(b, v.Message()) }
}
