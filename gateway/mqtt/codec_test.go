package mqttgw

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The JSON that clients in the field read. A difference here breaks them.
func TestPayloadsAreWrittenAsTheContractSays(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 11, 23, 9, 30, 0, 250_000_000, time.UTC))
	const conversation, message = "0197d2a8-0000-7000-8000-00000000000a", "0197d2a8-0000-8000-8000-00000000000c"
	event := func(kind string, seq *int64) *chatv1.Event {
		return &chatv1.Event{Event: kind, EventId: "2s-1b", Cursor: proto.String("MS4ycw"), ConversationId: conversation, Seq: seq, At: at}
	}
	created := event("message.created", proto.Int64(12))
	created.Payload = &chatv1.Event_Message{Message: &chatv1.Message{
		Id: message, ConversationId: conversation, Seq: 12, ClientMessageId: "m-1", SenderId: "alice", SenderName: "Alice",
		SenderType: chatv1.Message_user, Content: "Ça va ?", ContentType: chatv1.Message_text, CreatedAt: at,
		Status: chatv1.Message_sent, ModerationStatus: chatv1.Message_approved,
		Attachments: []*chatv1.Attachment{{Id: "a", FileName: "plan.png", MediaType: "image/png", Size: 1024, Url: "/api/chat/attachments/a", Width: 640, Height: 480, Sha256: "e3b0c442"}},
	}}
	read := event("receipt.read", nil)
	read.Payload = &chatv1.Event_Receipt{Receipt: &chatv1.Receipt{ConversationId: conversation, UserId: "bob", Seq: 12, MessageId: message, At: at}}
	added := event("participant.added", nil)
	added.Payload = &chatv1.Event_Participant{Participant: &chatv1.Participant{
		Id: "p", ConversationId: conversation, AnonymousId: "v", Role: chatv1.Participant_read_only, JoinedAt: at, CanReply: proto.Bool(false),
	}}
	changed := event("conversation.updated", nil)
	changed.Payload = &chatv1.Event_Conversation{Conversation: &chatv1.Conversation{
		Id: conversation, ApplicationId: "geosector", Type: chatv1.Conversation_one_to_one,
		ReplyPermission: chatv1.Conversation_admins_only, CreatedAt: at, UpdatedAt: at,
	}}
	signal := &chatv1.Typing{ConversationId: conversation, UserId: "alice", Typing: true, At: at}
	ephemeral := &chatv1.Event{Event: "typing", EventId: "e", ConversationId: conversation, At: at, Payload: &chatv1.Event_Typing{Typing: signal}}
	seen := presenceChanged([]*chatv1.Presence{
		{UserId: "alice", Status: chatv1.Presence_online},
		{UserId: "bob", Status: chatv1.Presence_online},
		{UserId: "carol", Status: chatv1.Presence_offline, LastSeenAt: at},
	}, []int32{0, 2}, at)
	seen.EventId = "e"
	flood := ackError(rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "", rpcerr.RetryAfter(2*time.Second)), nil)
	missing := ackError(rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT, "Not valid.", rpcerr.Field("limit", "")), nil)

	for name, payload := range map[string]proto.Message{
		"event_message_created":      created,
		"event_receipt_read":         read,
		"event_participant_added":    added,
		"event_conversation_updated": changed,
		"event_typing":               ephemeral,
		"event_presence_changed":     seen,
		"typing":                     signal,
		"ack_sent": sendAck(&chatv1.Message{
			Id: message, ConversationId: conversation, Seq: 12, ClientMessageId: "m-1", ModerationStatus: chatv1.Message_approved,
		}),
		"ack_pending": sendAck(&chatv1.Message{
			Id: message, ConversationId: conversation, Seq: 12, ClientMessageId: "m-1", ModerationStatus: chatv1.Message_pending,
			Duplicate: proto.Bool(true),
		}),
		"ack_error":      &chatv1.SendAck{ClientMessageId: "m-1", ConversationId: conversation, Status: chatv1.SendAck_error, Refusal: flood},
		"ack_synced":     &chatv1.SyncAck{RequestId: "r-1", Status: chatv1.SyncAck_synced, Events: []*chatv1.Event{read}, Cursor: "MS4ycw", More: true},
		"ack_resync":     &chatv1.SyncAck{RequestId: "r-1", Status: chatv1.SyncAck_resync, Cursor: "MS4ycw"},
		"ack_sync_error": &chatv1.SyncAck{RequestId: "r-1", Status: chatv1.SyncAck_error, Refusal: missing},
		"uplink_refusal": &chatv1.UplinkRefusal{Topic: "receipts", Refusal: missing, At: at},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, payload) })
	}
}

func golden(t *testing.T, name string, payload proto.Message) {
	t.Helper()
	written, err := encode(payload)
	if err != nil {
		t.Fatal(err)
	}
	// protojson's spaces differ from one build to the next.
	var got bytes.Buffer
	if err := json.Indent(&got, written, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %s\nwant %s", got.Bytes(), want)
	}
}

func TestPayloadsAreReadInBothSpellings(t *testing.T) {
	for _, payload := range []string{
		`{"conversationId":"c","clientMessageId":"m","contentType":"image","timestamp":1732345678,"senderId":"alice"}`,
		`{"conversation_id":"c","client_message_id":"m","content_type":"image","timestamp":1732345678,"sender_id":"alice"}`,
		` { "conversationId" : "c", "clientMessageId" : "m", "contentType" : 2, "timestamp" : 1732345678.0, "senderId":"alice", "content": null } `,
	} {
		m := new(chatv1.SendPayload)
		if err := decode([]byte(payload), m); err != nil {
			t.Errorf("%s: %v", payload, err)
		}
		if m.GetConversationId() != "c" || m.GetClientMessageId() != "m" || m.GetContentType() != chatv1.Message_image || m.GetSenderId() != "alice" {
			t.Errorf("%s is read as %v", payload, m)
		}
	}
}

func TestWhatCannotBeReadIsExplained(t *testing.T) {
	for _, tc := range []struct {
		payload string
		into    proto.Message
		reason  rpcv1.ErrorReason
		field   string
	}{
		{``, new(chatv1.SendPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`{`, new(chatv1.SendPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`[1]`, new(chatv1.SendPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`{"content":"a","content":"b"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`{"content":"a","colour":"red"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "colour"},
		{`{"refusal":1}`, new(chatv1.SendAck), rpcv1.ErrorReason_INVALID_ARGUMENT, "refusal"},
		{`{"content":12}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "content"},
		{`{"content":"\ud800"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "content"},
		{`{"contentType":"video"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "contentType"},
		{`{"attachmentIds":"one"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "attachmentIds"},
		{`{"delivered":1.5}`, new(chatv1.ReceiptsPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "delivered"},
		{`{"delivered":1e400}`, new(chatv1.ReceiptsPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "delivered"},
		{`{"read":NaN}`, new(chatv1.ReceiptsPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`{"limit":99999999999}`, new(chatv1.SyncPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "limit"},
		{`{"typing":"yes"}`, new(chatv1.TypingPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "typing"},
		{`{"content":"` + "\xff" + `"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_MALFORMED_BODY, ""},
		{`{"content":"` + strings.Repeat("a", maxUplink) + `"}`, new(chatv1.SendPayload), rpcv1.ErrorReason_PAYLOAD_TOO_LARGE, ""},
		{`{"timestamp":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, new(chatv1.SendPayload), rpcv1.ErrorReason_INVALID_ARGUMENT, "timestamp"},
	} {
		err := decode([]byte(tc.payload), tc.into)
		var field string
		if all := rpcerr.FieldViolations(err); len(all) > 0 {
			field = all[0].Field
		}
		if rpcerr.Code(err) != codes.InvalidArgument || rpcerr.Reason(err) != tc.reason || field != tc.field {
			t.Errorf("%.60s: %v (%v, %q), want %v, %q", tc.payload, err, rpcerr.Reason(err), field, tc.reason, tc.field)
		}
	}
}

func TestWhatIsSalvagedIsShortText(t *testing.T) {
	for payload, want := range map[string]string{
		`{"clientMessageId":"m-1","x":1}`:                              "m-1",
		`{"client_message_id":"m-2"}`:                                  "m-2",
		`{"clientMessageId":12}`:                                       "",
		`{"clientMessageId":"` + strings.Repeat("m", 300) + `"}`:       "",
		`{"clientMessageId":"m-1"`:                                     "",
		`{"clientMessageId":"m-1","b":"` + "\xff" + `"}`:               "",
		`{"clientMessageId":"m-1","b":"` + strings.Repeat("b", 70_000): "",
	} {
		if got := salvage([]byte(payload), "clientMessageId", "client_message_id"); got != want {
			t.Errorf("%.50s: %q, want %q", payload, got, want)
		}
	}
}

// Whatever comes is read or explained, and what is answered can be written.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"conversationId":"c","content":"a","clientMessageId":"m","attachmentIds":["a"],"timestamp":{"a":[1,null]}}`,
		`{"conversationId":"c","delivered":"1","read":2}`, `{"requestId":"r","cursor":"c","limit":10}`,
		`{"conversationId":"c","typing":true}`, `{"content":"a","content":"b"}`, `{"a":1}`, `[]`, "\xff", `{"content":"\u0000\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, into := range []proto.Message{
			new(chatv1.SendPayload), new(chatv1.ReceiptsPayload), new(chatv1.SyncPayload), new(chatv1.TypingPayload),
		} {
			err := decode(payload, into)
			if err == nil {
				if len(payload) > maxUplink || !utf8.Valid(payload) {
					t.Fatal("read what must not be")
				}
				continue
			}
			answer := ackError(err, nil)
			if answer.GetCode() != int32(codes.InvalidArgument) || answer.GetReason() == "" || answer.GetRetryable() {
				t.Fatalf("explained with %v", answer)
			}
			if _, err := encode(&chatv1.SendAck{ClientMessageId: salvage(payload, "clientMessageId"), Refusal: answer}); err != nil {
				t.Fatalf("the answer cannot be written: %v", err)
			}
		}
	})
}
