package jsonpb_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	_ "github.com/palabre/palabre/gen/go/palabre/audience/v1" // its messages are written, too
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	_ "github.com/palabre/palabre/gen/go/palabre/moderation/v1" // as are its
	"github.com/palabre/palabre/internal/jsonpb"
)

// compare holds what is written for a message to what protojson writes, which puts spaces where it likes.
func compare(t *testing.T, m proto.Message) {
	t.Helper()
	got, err := jsonpb.Marshal(m)
	want, wantErr := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%T: the error is %v, protojson's %v", m, err, wantErr)
	}
	if err == nil && !bytes.Equal(compact(t, got), withoutSeq(compact(t, want))) {
		t.Errorf("%T:\n%s, protojson writes\n%s", m, got, want)
	}
}

// withoutSeq takes the seq of messages that have none out of what protojson writes, which does not know of optional fields.
func withoutSeq(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(`"seq":"0","clientMessageId":`), []byte(`"clientMessageId":`))
}

func TestAMessageThatIsNotPublishedHasNoSeq(t *testing.T) {
	for seq, want := range map[int64]bool{0: false, 7: true} {
		m := &chatv1.Message{Id: "m", Seq: seq, ModerationStatus: chatv1.Message_pending}
		for _, in := range []proto.Message{m, &chatv1.ListMessagesResponse{Messages: []*chatv1.Message{m}}, &chatv1.Event{Payload: &chatv1.Event_Message{Message: m}}} {
			text, err := jsonpb.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Contains(text, []byte(`"seq":`)); got != want {
				t.Errorf("of seq %d: %s", seq, text)
			}
		}
	}
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out.Bytes()
}

func TestEveryMessageOfOursIsWrittenAsProtojsonDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	types := 0
	protoregistry.GlobalTypes.RangeMessages(func(of protoreflect.MessageType) bool {
		if !strings.HasPrefix(string(of.Descriptor().FullName()), "palabre.") || of.Descriptor().IsMapEntry() {
			return true
		}
		types++
		compare(t, of.New().Interface())
		compare(t, of.Zero().Interface())
		for range 50 {
			m := of.New()
			fill(random, m, 4)
			compare(t, m.Interface())
		}
		return !t.Failed()
	})
	if types < 100 {
		t.Errorf("these were %d types, and there are more", types)
	}
}

// fill sets most of a message's fields.
func fill(random *rand.Rand, m protoreflect.Message, depth int) {
	if detail, ok := m.Interface().(*anypb.Any); ok {
		_ = detail.MarshalFrom(&errdetails.ErrorInfo{Reason: text(random)})
		return
	}
	if v, ok := m.Interface().(*structpb.Value); ok {
		v.Kind = &structpb.Value_StringValue{StringValue: text(random)}
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		nested := f.Message() != nil && !f.IsMap()
		if random.IntN(4) == 0 || f.IsMap() || nested && depth == 0 {
			continue
		}
		if !f.IsList() {
			m.Set(f, value(random, f, m.NewField(f), depth))
			continue
		}
		list := m.Mutable(f).List()
		for range random.IntN(3) {
			list.Append(value(random, f, list.NewElement(), depth))
		}
	}
}

func value(random *rand.Rand, f protoreflect.FieldDescriptor, of protoreflect.Value, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.MessageKind:
		if _, ok := of.Message().Interface().(*timestamppb.Timestamp); ok {
			nanos := []int32{0, 500_000_000, 120_000_000, 123_456_000, 123_456_789, 1}[random.IntN(6)]
			return protoreflect.ValueOf((&timestamppb.Timestamp{Seconds: random.Int64N(4e9) - 1e9, Nanos: nanos}).ProtoReflect())
		}
		fill(random, of.Message(), depth-1)
		return of
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(random.IntN(12)))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(random.IntN(2) == 0)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(random.Uint32()))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(random.Uint64()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(random.Float64())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text(random)))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text(random))
	default:
		return of
	}
}

func text(random *rand.Rand) string {
	var b strings.Builder
	runes := []rune("abc é漢😀\"\\/<>&\b\f\n\r\t\x00\x1f\x7f\u2028\uFFFD")
	for range random.IntN(12) {
		b.WriteRune(runes[random.IntN(len(runes))])
	}
	return b.String()
}

func TestOthersAreWrittenAsProtojsonDoes(t *testing.T) {
	detail, err := anypb.New(&errdetails.ErrorInfo{Reason: "FLOOD_LIMIT", Metadata: map[string]string{"b": "2", "a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := structpb.NewStruct(map[string]any{"list": []any{1.5, nil, true, "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []proto.Message{
		&spb.Status{Code: 8, Message: "slower", Details: []*anypb.Any{detail}},
		&spb.Status{Details: []*anypb.Any{{TypeUrl: "type.googleapis.com/of.another.version"}}}, // not to be written
		metadata,
		&chatv1.AnonymousUser{Id: "1", Metadata: metadata},
		structpb.NewNumberValue(math.Inf(1)), // neither
		&chatv1.ListMessagesResponse{Messages: []*chatv1.Message{{Content: "no UTF-8: \xff"}}},
		&timestamppb.Timestamp{Seconds: math.MaxInt64},
		&timestamppb.Timestamp{Seconds: -62135596801},
		&timestamppb.Timestamp{Seconds: -62135596800},
		&timestamppb.Timestamp{Seconds: 253402300799, Nanos: 999_999_999},
		&timestamppb.Timestamp{Nanos: -1},
		nil,
	} {
		compare(t, m)
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", "bonjour", "\"\\\x00\x1f\b\f\n\r\t\x7f", "é漢😀\u2028", "\xff", "\xc3", "\uFFFD"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { compare(t, &chatv1.Message{Content: s}) })
}

// A page of 50 messages as they are in a history.
func BenchmarkPage(b *testing.B) {
	page := &chatv1.ListMessagesResponse{NextPageToken: proto.String("eyJiIjo5NTF9")}
	for seq := range 50 {
		page.Messages = append(page.Messages, &chatv1.Message{
			Id: "3b241101-e2bb-4255-8caf-4136c566a962", ConversationId: "7d444840-9dc0-11d1-b245-5ffdce74fad2",
			ClientMessageId: "fill-abcdefgh-1", Seq: int64(1000 - seq), SenderId: "alice", SenderName: "Alice Martin",
			SenderType: chatv1.Message_user, Content: strings.Repeat("bonjour ", 25), ContentType: chatv1.Message_text,
			CreatedAt: timestamppb.Now(), DeliveredAt: timestamppb.Now(), Status: chatv1.Message_delivered,
		})
	}
	for name, marshal := range map[string]func(proto.Message) ([]byte, error){
		"jsonpb": jsonpb.Marshal, "protojson": protojson.MarshalOptions{EmitDefaultValues: true}.Marshal,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := marshal(page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
