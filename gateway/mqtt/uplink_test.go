package mqttgw_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	mqttgw "github.com/palabre/palabre/gateway/mqtt"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

func TestAMessageIsStoredInItsSendersNameAndAnswered(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("send", message("m-1", "Bonjour"))
	ack := alice.ack()
	if ack.GetStatus() != chatv1.SendAck_sent || ack.GetClientMessageId() != "m-1" || ack.GetMessageId() != "message-1" ||
		ack.GetConversationId() != pair || ack.GetSeq() != 1 || ack.GetDuplicate() || ack.GetRefusal() != nil {
		t.Errorf("the ack is %v", ack)
	}
	want := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Peer: "mqtt"}
	if got := w.chat.senders[0]; got != want {
		t.Errorf("the sender is %+v, want %+v", got, want)
	}
}

func TestAVisitorIsCalledForAsOne(t *testing.T) {
	w := start(t)
	someone := w.connects(visitor)
	someone.says("send", message("m-1", "Bonjour"))
	someone.ack()
	want := auth.Principal{ApplicationID: "geosector", Kind: auth.KindVisitor, UserID: strings.TrimPrefix(visitor, "anon:"), Peer: "mqtt"}
	if got := w.chat.senders[0]; got != want {
		t.Errorf("the sender is %+v, want %+v", got, want)
	}
}

func TestARepeatIsAnsweredAsADuplicate(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("send", message("m-1", "Bonjour"))
	first := alice.ack()
	alice.says("send", message("m-1", "Bonjour"))
	if again := alice.ack(); !again.GetDuplicate() || again.GetMessageId() != first.GetMessageId() || again.GetSeq() != first.GetSeq() {
		t.Errorf("the repeat is answered %v, the first was %v", again, first)
	}
}

func TestAMessageThatWaitsForAModeratorIsPending(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("send", message("m-1", "to be moderated"))
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_pending || ack.GetMessageId() == "" {
		t.Errorf("the ack is %v", ack)
	}
}

func TestASendersMessagesKeepTheirOrderWhileTheFirstIsTriedAgain(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.setBefore(failing("SendMessage", 3, unavailable()))
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
		alice.Publish("chat/user/alice/send", 1, false, text(t, message(fmt.Sprint("m-", i), fmt.Sprint(i))))
	}
	for i := range 20 {
		if ack := alice.ack(); ack.GetClientMessageId() != fmt.Sprint("m-", i) || ack.GetStatus() != chatv1.SendAck_sent {
			t.Errorf("ack %d is %v", i, ack)
		}
	}
	if got := w.chat.contents(); !slices.Equal(got, want) {
		t.Errorf("stored as %q", got)
	}
}

func TestASenderWhoseMessageWaitsHoldsUpNobodyElse(t *testing.T) {
	w := start(t)
	alice, bob := w.connects("alice"), w.connects("bob")
	w.chat.setBefore(func(ctx context.Context, method string, _ proto.Message) error {
		if p, _ := auth.FromContext(ctx); method == "SendMessage" && p.UserID == "alice" {
			return unavailable()
		}
		return nil
	})
	alice.says("send", message("m-1", "waits"))
	eventually(t, "alice's message is tried again", func() bool { return w.chat.called("SendMessage") > 2 })
	bob.says("send", message("m-1", "passes"))
	if ack := bob.ack(); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("bob's ack is %v", ack)
	}
	w.chat.setBefore(nil)
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("alice's ack is %v", ack)
	}
}

func TestWhatWasNotSettledWhenTheGatewayStoppedIsDeliveredToTheNext(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.Drain = 50 * time.Millisecond })
	alice := w.connects("alice")
	w.chat.setBefore(failing("SendMessage", forEver, unavailable()))
	for _, id := range []string{"m-1", "m-2", "m-3"} {
		alice.says("send", message(id, id))
	}
	eventually(t, "it is tried again", func() bool { return w.counted("palabre_mqtt_retries_total", "send") > 2 })
	w.stop()
	if got := w.chat.contents(); got != nil {
		t.Fatalf("stored %q", got)
	}
	w.chat.setBefore(nil)
	w.startGateway()
	var acks []string
	for range 3 {
		acks = append(acks, alice.ack().GetClientMessageId())
	}
	if want := []string{"m-1", "m-2", "m-3"}; !slices.Equal(acks, want) {
		t.Errorf("answered %q, want %q", acks, want)
	}
}

func TestADeliveryThatComesAgainWhileItWaitsIsSettledOnce(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	w.chat.setBefore(failing("SendMessage", forEver, unavailable()))
	alice.says("send", message("m-1", "une fois"))
	eventually(t, "it is tried again", func() bool { return w.counted("palabre_mqtt_retries_total", "send") > 2 })
	w.wire().breaks()
	eventually(t, "the connection is lost", func() bool { return w.counted("palabre_mqtt_retries_total", "connection") > 0 })
	w.awaitReady()
	w.chat.setBefore(nil)
	if ack := alice.ack(); ack.GetDuplicate() || ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("the ack is %v", ack)
	}
	alice.says("send", message("m-2", "fin"))
	if ack := alice.ack(); ack.GetClientMessageId() != "m-2" {
		t.Errorf("then comes %v", ack)
	}
	eventually(t, "nothing is queued", func() bool { return w.counted("palabre_mqtt_uplinks_queued", "") == 0 })
}

func TestAnAnswerThatGotLostIsGivenAgain(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	stored, goOn := make(chan struct{}), make(chan struct{})
	w.chat.setBefore(func(_ context.Context, method string, _ proto.Message) error {
		if method == "SendMessage" {
			close(stored)
			<-goOn
		}
		return nil
	})
	alice.says("send", message("m-1", "Bonjour"))
	<-stored
	w.chat.setBefore(nil)
	w.wire().breaks()
	eventually(t, "the connection is lost", func() bool { return w.counted("palabre_mqtt_retries_total", "connection") > 0 })
	close(goOn)
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent || ack.GetMessageId() != "message-1" {
		t.Errorf("the ack is %v", ack)
	}
	if got := w.chat.contents(); len(got) != 1 {
		t.Errorf("stored %q", got)
	}
}

func TestARefusalIsAnsweredAndNotTriedAgain(t *testing.T) {
	flood := rpcerr.New(codes.ResourceExhausted, rpcv1.ErrorReason_FLOOD_LIMIT, "", rpcerr.RetryAfter(1500*time.Millisecond))
	for _, tc := range []struct {
		name      string
		err       error
		reason    string
		retryable bool
		afterMs   int32
	}{
		{"not allowed", rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_REPLY_NOT_ALLOWED, ""), "REPLY_NOT_ALLOWED", false, 0},
		{"not there", rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, ""), "NOT_FOUND", false, 0},
		{"moderated", rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED, ""), "MESSAGE_REJECTED", false, 0},
		{"conflict", rpcerr.New(codes.AlreadyExists, rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT, ""), "IDEMPOTENCY_CONFLICT", false, 0},
		{"flood", flood, "FLOOD_LIMIT", true, 1500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := start(t)
			alice := w.connects("alice")
			w.chat.setBefore(failing("SendMessage", forEver, tc.err))
			alice.says("send", message("m-1", "Bonjour"))
			ack := alice.ack()
			if ack.GetStatus() != chatv1.SendAck_error || ack.GetClientMessageId() != "m-1" || ack.GetConversationId() != pair ||
				ack.GetRefusal().GetReason() != tc.reason || ack.GetRefusal().GetRetryable() != tc.retryable ||
				ack.GetRefusal().GetRetryAfterMs() != tc.afterMs || ack.MessageId != nil {
				t.Errorf("the ack is %v", ack)
			}
			if n := w.chat.called("SendMessage"); n != 1 {
				t.Errorf("called %d times", n)
			}
		})
	}
}

func TestAFailureOfTheServiceIsTriedAFewTimesAndThenAnswered(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.Attempts = 3 })
	alice := w.connects("alice")
	w.chat.setBefore(failing("SendMessage", forEver, rpcerr.Internal("request-1")))
	alice.says("send", message("m-1", "Bonjour"))
	ack := alice.ack()
	if ack.GetStatus() != chatv1.SendAck_error || ack.GetRefusal().GetReason() != "INTERNAL" || !ack.GetRefusal().GetRetryable() {
		t.Errorf("the ack is %v", ack)
	}
	if n := w.chat.called("SendMessage"); n != 3 {
		t.Errorf("called %d times, want 3", n)
	}
}

func TestAPayloadThatCannotBeReadIsAnsweredAndDoesNotComeBack(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.Drain = 50 * time.Millisecond })
	alice := w.connects("alice")
	poison := []string{
		`{`, `null`, `[]`, `"text"`, `12`, `{} {}`,
		`{"conversationId":"` + pair + `","content":"a","colour":"red"}`,
		`{"conversationId":"` + pair + `","content":{"a":1}}`,
		`{"conversationId":"` + pair + `","content":"a","content":"b"}`,
		`{"conversationId":"` + pair + `","content":"` + "\xff\xfe" + `"}`,
		`{"timestamp":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
	}
	for _, payload := range poison {
		alice.says("send", payload)
		if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_error || ack.GetRefusal().GetRetryable() ||
			ack.GetRefusal().GetCode() != int32(codes.InvalidArgument) || ack.GetRefusal().GetMessage() == "" {
			t.Errorf("%.40s is answered %v", payload, ack)
		}
	}
	if n := w.counted("palabre_mqtt_uplinks_total", "poison"); n != float64(len(poison)) {
		t.Errorf("%v counted, want %d", n, len(poison))
	}
	w.stop()
	w.startGateway()
	alice.says("send", message("m-1", "Bonjour"))
	again := 0
	for alice.ack().GetStatus() != chatv1.SendAck_sent {
		again++
	}
	if again > 1 { // the last, when its acknowledgement was under way as the connection ended
		t.Errorf("%d came back", again)
	}
}

func TestTheAnswerToAnUnreadablePayloadNamesTheFieldAndTheMessage(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("send", `{"clientMessageId":"m-1","conversationId":"`+pair+`","contentType":"video"}`)
	ack := alice.ack()
	if ack.GetClientMessageId() != "m-1" || ack.GetConversationId() != pair || ack.GetRefusal().GetField() != "contentType" {
		t.Errorf("the ack is %v", ack)
	}
}

func TestAnIDThatIsNoneIsRefusedByTheService(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("send", `{"clientMessageId":"m-1","conversationId":"of alice","content":"Bonjour"}`)
	if ack := alice.ack(); ack.GetRefusal().GetReason() != "INVALID_ARGUMENT" || ack.GetRefusal().GetField() != "conversationId" {
		t.Errorf("the ack is %v", ack)
	}
}

func TestWhoNamesAnotherSenderIsRefused(t *testing.T) {
	w := start(t)
	alice, outsider := w.connects("alice"), w.outsider()
	// The embedded broker refuses it before; others do not look into payloads.
	outsider.publishes("chat/user/alice/send", `{"clientMessageId":"m-1","conversationId":"`+pair+`","content":"a","senderId":"bob"}`)
	if ack := alice.ack(); ack.GetRefusal().GetReason() != "SENDER_MISMATCH" || ack.GetRefusal().GetField() != "senderId" {
		t.Errorf("the ack is %v", ack)
	}
	alice.says("send", `{"conversationId":"`+pair+`","content":"a","senderId":"alice"}`)
	if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent {
		t.Errorf("naming herself is answered %v", ack)
	}
}

func TestTheOlderFormIsOneMessageHoweverOftenItComes(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	older := map[string]any{"conversationId": pair, "content": "Bonjour", "senderId": "alice", "timestamp": 1732345678}
	alice.publishes("chat/message/send", older)
	first := alice.ack()
	alice.publishes("chat/message/send", older)
	if again := alice.ack(); !again.GetDuplicate() || again.GetMessageId() != first.GetMessageId() {
		t.Errorf("the repeat is answered %v", again)
	}
	older["timestamp"] = 1732345679
	alice.publishes("chat/message/send", older)
	if later := alice.ack(); later.GetDuplicate() {
		t.Errorf("the same a second later is answered %v", later)
	}
}

func TestWhoSaysTheSameTwiceWithoutATimestampMeansIt(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for range 2 {
		alice.says("send", map[string]any{"conversationId": pair, "content": "ok"})
		if ack := alice.ack(); ack.GetDuplicate() || ack.GetStatus() != chatv1.SendAck_sent || ack.GetClientMessageId() == "" {
			t.Errorf("the ack is %v", ack)
		}
	}
}

func TestWhereTheBrokerDoesNotTellTheSenderATokenMust(t *testing.T) {
	w := start(t)
	alice, outsider := w.connects("alice"), w.outsider()
	say := func(content, sender, token string) {
		outsider.publishes("chat/message/send", map[string]any{
			"conversationId": pair, "content": content, "senderId": sender, "token": token, "timestamp": content,
		})
	}
	say("no token", "alice", "")
	say("bad token", "alice", "nonsense")
	say("token of another", "alice", "bob@geosector")
	say("token of another application", "alice", "alice@resalice")
	outsider.publishes("chat/message/send", `{`)
	say("proven", "alice", "alice@geosector")
	say("proven without a name", "", "alice@geosector")
	for range 2 {
		if ack := alice.ack(); ack.GetStatus() != chatv1.SendAck_sent {
			t.Errorf("the ack is %v", ack)
		}
	}
	if got, want := w.chat.contents(), []string{"proven", "proven without a name"}; !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	if p := w.chat.senders[0]; p.UserID != "alice" || p.Name != "Name of alice" || p.Peer != "mqtt" {
		t.Errorf("the sender is %+v", p)
	}
	if n := w.counted("palabre_mqtt_dropped_total", "sender_unproven"); n != 4 {
		t.Errorf("%v dropped as unproven, want 4", n)
	}
}

func TestReceiptsMoveTheWatermarks(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for _, payload := range []string{`"delivered":3`, `"read":"2"`, `"delivered":5,"read":4`, `"delivered":6,"read":6`} {
		alice.says("receipts", `{"conversationId":"`+pair+`",`+payload+`}`)
	}
	want := []string{"alice MarkDelivered 3", "alice MarkRead 2", "alice MarkDelivered 5", "alice MarkRead 4", "alice MarkRead 6"}
	eventually(t, "receipts", func() bool {
		w.chat.mu.Lock()
		defer w.chat.mu.Unlock()
		return slices.Equal(w.chat.receipts, want)
	})
}

func TestAReceiptThatIsRefusedIsAnswered(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	for payload, field := range map[string]string{
		`{"conversationId":"` + pair + `"}`:             "read",
		`{"conversationId":"` + pair + `","read":-1}`:   "read",
		`{"conversationId":"` + pair + `","seen":true}`: "seen",
	} {
		alice.says("receipts", payload)
		refusal := new(chatv1.UplinkRefusal)
		alice.hears("chat/user/alice/acks", refusal)
		if refusal.GetTopic() != "receipts" || refusal.GetRefusal().GetField() != field || refusal.GetAt() == nil {
			t.Errorf("%s is answered %v", payload, refusal)
		}
	}
}

func TestPresenceIsAcceptedAndLeadsToNothing(t *testing.T) {
	w := start(t)
	alice := w.connects("alice")
	alice.says("presence", `{"status":"online","sessionId":"s-1"}`)
	eventually(t, "accepted", func() bool { return w.counted("palabre_mqtt_uplinks_total", "presence") == 1 })
}

func TestTopicsThatAreNoUplinksAreDropped(t *testing.T) {
	w := start(t)
	outsider := w.outsider()
	outsider.publishes("chat/user/a.b/send", message("m-1", "a"))
	outsider.publishes("chat/user/alice/send", "")
	eventually(t, "dropped", func() bool {
		return w.counted("palabre_mqtt_dropped_total", "foreign_topic") == 1 && w.counted("palabre_mqtt_dropped_total", "empty") == 1
	})
}

func TestWhatDoesNotFitIntoTheQueueStaysWithTheBroker(t *testing.T) {
	w := start(t, func(c *mqttgw.Config) { c.Limits.Queue = 5 })
	alice := w.connects("alice")
	w.chat.setBefore(failing("SendMessage", forEver, unavailable()))
	const all = 12
	for i := range all {
		alice.Publish("chat/user/alice/send", 1, false, text(t, message(fmt.Sprint("m-", i), fmt.Sprint(i))))
	}
	eventually(t, "the queue is full", func() bool { return w.counted("palabre_mqtt_dropped_total", "queue_full") > 0 })
	w.chat.setBefore(nil)
	answered := map[string]bool{}
	for len(answered) < all {
		answered[alice.ack().GetClientMessageId()] = true
	}
	if got := w.chat.contents(); len(got) != all {
		t.Errorf("stored %q", got)
	}
}
