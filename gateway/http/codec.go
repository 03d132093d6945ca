package httpgw

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/internal/jsonpb"
)

// jsonIn refuses unknown fields: a misspelt one must not be taken for an absent one. Nesting is bounded because only
// metadata of the host product can nest at will.
var jsonIn = protojson.UnmarshalOptions{RecursionLimit: 100}

// requestBody is the body of a request to the generated handlers: read whole and bounded beforehand. It carries back what
// is wrong with it, of which the generated code would keep only a text that is not meant to be read by programs.
type requestBody struct {
	data  []byte
	fault error
}

// Read implements io.Reader: nothing is left after the decoder.
func (*requestBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// decode fills v, which is a message or a pointer to where one belongs. An empty body leaves v as it is.
func (b *requestBody) decode(v any) error {
	if len(bytes.TrimSpace(b.data)) == 0 {
		return io.EOF // which the generated code takes for an empty message
	}
	m, err := messageAt(v)
	if err != nil {
		return err
	}
	if err := jsonIn.Unmarshal(b.data, m); err != nil {
		b.fault = diagnose(b.data, m.ProtoReflect().Descriptor())
		return b.fault
	}
	return nil
}

func messageAt(v any) (proto.Message, error) {
	if m, ok := v.(proto.Message); ok {
		return m, nil
	}
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.Pointer {
		p.Elem().Set(reflect.New(p.Type().Elem().Elem()))
		if m, ok := p.Elem().Interface().(proto.Message); ok {
			return m, nil
		}
	}
	return nil, fmt.Errorf("httpgw: a body cannot be decoded into a %T", v)
}

// codec is how the generated handlers read and write JSON. Fields that have their default value are written too, so that
// callers need not know the defaults, but no null.
type codec struct {
	runtime.JSONPb
}

func newCodec() *codec {
	return &codec{runtime.JSONPb{UnmarshalOptions: jsonIn}}
}

// Marshal implements runtime.Marshaler. All that the handlers answer with are messages.
func (*codec) Marshal(v any) ([]byte, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("httpgw: a %T is no message", v)
	}
	return jsonpb.Marshal(m)
}

// NewDecoder implements runtime.Marshaler.
func (*codec) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, ok := r.(*requestBody)
		if !ok {
			return errors.New("httpgw: the body was not read beforehand")
		}
		return body.decode(v)
	})
}
