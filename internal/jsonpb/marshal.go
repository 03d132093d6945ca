package jsonpb

import (
	"bytes"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// options are those under which protojson writes what this package does.
var options = protojson.MarshalOptions{EmitDefaultValues: true}

// buffers are for messages whose size is not known before they are written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// largestBuffer is the largest that is kept, so that one message that was very long is not remembered for ever.
const largestBuffer = 256 << 10

// Marshal answers the JSON of a message. Fields that have their default value are there, absent messages and absent
// optional fields are not. It fails on a string that is not UTF-8, and on a time out of the range of years that has four
// digits.
func Marshal(m proto.Message) ([]byte, error) {
	if m == nil {
		return []byte("{}"), nil
	}
	buffer := buffers.Get().(*[]byte)
	written, err := Append((*buffer)[:0], m)
	if err != nil {
		return nil, err
	}
	text := bytes.Clone(written)
	if cap(written) <= largestBuffer {
		*buffer = written
		buffers.Put(buffer)
	}
	return text, nil
}

// Append is Marshal, which appends to b.
func Append(b []byte, m proto.Message) ([]byte, error) {
	message := m.ProtoReflect()
	return planOf(message.Descriptor()).write(b, message)
}
