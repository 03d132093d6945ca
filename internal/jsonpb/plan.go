package jsonpb

import (
	"encoding/json"
	"slices"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// plan is how messages of one type are written.
type plan struct {
	fields []field // in the order of the proto
	// whole writes those that are not written by their fields.
	whole messageWriter
}

type field struct {
	descriptor protoreflect.FieldDescriptor
	// name is with its quotes and the colon.
	name string
	// mayBeAbsent is of fields that are left out when they are not set, or have the default value and are said to be optional.
	// The others are there with their default value.
	mayBeAbsent bool
	value       valueWriter
}

type (
	messageWriter func([]byte, protoreflect.Message) ([]byte, error)
	valueWriter   func([]byte, protoreflect.Value) ([]byte, error)
)

// plans are kept by message descriptor. There are as many as there are types.
var plans sync.Map

func planOf(of protoreflect.MessageDescriptor) *plan {
	if known, ok := plans.Load(of); ok {
		return known.(*plan)
	}
	made, _ := plans.LoadOrStore(of, newPlan(of))
	return made.(*plan)
}

func newPlan(of protoreflect.MessageDescriptor) *plan {
	switch {
	case of.FullName() == "google.protobuf.Timestamp":
		return &plan{whole: timestampWriter(of)}
	case of.FullName().Parent() == "google.protobuf", of.ExtensionRanges().Len() > 0:
		// Types with a form of their own, and those whose fields are not all known.
		return &plan{whole: byProtojson}
	}
	p := &plan{}
	for i := range of.Fields().Len() {
		f := of.Fields().Get(i)
		value := writerOf(f)
		if value == nil {
			return &plan{whole: byProtojson}
		}
		name, _ := json.Marshal(f.JSONName())
		p.fields = append(p.fields, field{f, string(name) + ":", MayBeAbsent(f), value})
	}
	return p
}

// MayBeAbsent says that what is written may be without a field: because it knows its absence, or because the proto says that
// it is not there when it has its default value.
func MayBeAbsent(f protoreflect.FieldDescriptor) bool {
	if f.HasPresence() {
		return true
	}
	behavior, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behavior, annotations.FieldBehavior_OPTIONAL)
}

func byProtojson(b []byte, m protoreflect.Message) ([]byte, error) {
	return options.MarshalAppend(b, m.Interface())
}

func (p *plan) write(b []byte, m protoreflect.Message) (_ []byte, err error) {
	if p.whole != nil {
		return p.whole(b, m)
	}
	b = append(b, '{')
	empty := true
	for i := range p.fields {
		f := &p.fields[i]
		if f.mayBeAbsent && !m.Has(f.descriptor) {
			continue
		}
		if !empty {
			b = append(b, ',')
		}
		empty = false
		b = append(b, f.name...)
		if b, err = f.value(b, m.Get(f.descriptor)); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}
