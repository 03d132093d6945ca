package mqttgw_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// moderates tells what became of a message of some.
func (c *chatService) moderates(status moderationv1.Verdict_Status, seq *int64, recipients ...string) *chatv1.Event {
	e := &chatv1.Event{Event: "message.moderated", ConversationId: group, Seq: seq, Payload: &chatv1.Event_Moderation{Moderation: &chatv1.Moderation{
		MessageId: "message-1", ConversationId: group, Status: status, ClientMessageId: "m-1",
		Reasons: []*moderationv1.Reason{{Rule: "mots", Message: "Ce mot n’est pas accepté ici."}},
	}}}
	c.commit("geosector", e, chatv1.Conversation_type_unspecified, recipients...)
	return e
}

func TestWhatBecameOfAMessageIsToldModeratorsAndItsSender(t *testing.T) {
	w := start(t)
	alice, bob, moderator := w.connects("alice"), w.connects("bob"), w.outsider()
	moderator.subscribes("chat/moderation/+")
	for _, tt := range []struct {
		name   string
		status moderationv1.Verdict_Status
		seq    *int64
		ack    *chatv1.SendAck // nil for none
	}{
		{"it waits", moderationv1.Verdict_pending, nil, nil},
		{"it was approved", moderationv1.Verdict_approved, proto.Int64(7), &chatv1.SendAck{
			ClientMessageId: "m-1", Status: chatv1.SendAck_sent, MessageId: proto.String("message-1"), ConversationId: group, Seq: proto.Int64(7),
		}},
		{"it was rejected", moderationv1.Verdict_rejected, nil, &chatv1.SendAck{
			ClientMessageId: "m-1", Status: chatv1.SendAck_error, MessageId: proto.String("message-1"), ConversationId: group,
			Refusal: &chatv1.AckError{Code: 9, Reason: "MESSAGE_REJECTED", Message: "Ce mot n’est pas accepté ici."},
		}},
		{"it was taken back", moderationv1.Verdict_rejected, proto.Int64(7), nil},
	} {
		want := w.chat.moderates(tt.status, tt.seq, "alice")
		told := new(chatv1.Moderation)
		if moderator.hears("chat/moderation/message-1", told); !proto.Equal(told, want.GetModeration()) {
			t.Errorf("%s: moderators hear %v", tt.name, told)
		}
		if got := alice.event(); !proto.Equal(got, want) {
			t.Errorf("%s: alice hears %v, want %v", tt.name, got, want)
		}
		if tt.ack == nil {
			continue
		}
		if got := alice.ack(); !proto.Equal(got, tt.ack) {
			t.Errorf("%s: alice is answered %v, want %v", tt.name, got, tt.ack)
		}
	}
	last := w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "bob")
	if got := bob.event(); !proto.Equal(got, last) {
		t.Errorf("bob hears %v, which is not for him", got)
	}
}

func TestWhatOnlyModeratorsAreToldNobodyElseHears(t *testing.T) {
	w := start(t)
	alice, moderator := w.connects("alice"), w.outsider()
	moderator.subscribes("chat/moderation/+")
	want := w.chat.moderates(moderationv1.Verdict_approved, proto.Int64(7))
	last := w.chat.happens("message.created", pair, chatv1.Conversation_one_to_one, "alice")
	told := new(chatv1.Moderation)
	if moderator.hears("chat/moderation/message-1", told); !proto.Equal(told, want.GetModeration()) {
		t.Errorf("moderators hear %v", told)
	}
	if got := alice.event(); !proto.Equal(got, last) {
		t.Errorf("alice hears %v", got)
	}
}

func TestTheServiceKnowsWhoSentAMessage(t *testing.T) {
	w := start(t)
	senders := mqttgw.NewSenders(w.client)
	const sent, other = "0190a3f0-7c5e-7cc3-8a3e-0123456789ab", "0190a3f0-7c5e-7cc3-8a3e-0123456789ac"
	w.chat.mu.Lock()
	w.chat.sent = append(w.chat.sent, &chatv1.Message{Id: sent, SenderId: "alice", SenderType: chatv1.Message_user})
	w.chat.mu.Unlock()
	for range 2 {
		for who, want := range map[string]bool{"alice": true, "bob": false, "anon:alice": false} {
			if is, err := senders.IsSender(t.Context(), "geosector", who, sent); err != nil || is != want {
				t.Errorf("%s: %v, %v", who, is, err)
			}
		}
	}
	for _, none := range []string{other, "no id"} {
		if is, err := senders.IsSender(t.Context(), "geosector", "alice", none); err != nil || is {
			t.Errorf("of no message: %v, %v", is, err)
		}
	}
}
