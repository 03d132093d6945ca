package mqttgw

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// send is {prefix}/user/{user}/send.
func (u *uplink) send(d *delivery) (proto.Message, string, error) {
	payload := new(chatv1.SendPayload)
	if err := decode(d.payload, payload); err != nil {
		return d.poison(err)
	}
	return u.sendAs(d, payload)
}

// sendProven is {prefix}/message/send, whose sender the topic does not tell and a token must. Without one there is nobody
// to answer. Once the sender is known, the message gets into the sender's lane.
func (u *uplink) sendProven(d *delivery) (proto.Message, string, error) {
	if d.sending != nil {
		return u.sendAs(d, d.sending)
	}
	payload := new(chatv1.SendPayload)
	if err := decode(d.payload, payload); err != nil {
		u.metrics.dropped.WithLabelValues("unreadable").Inc()
		return nil, resultDropped, nil //nolint:nilerr // there is nobody to tell
	}
	caller, err := u.prove(d.caller.ApplicationID, payload)
	switch {
	case u.ctx.Err() != nil:
		return nil, "", errStopped
	case err != nil:
		u.log.Debug("message of an unproven sender dropped", "topic", d.topic.String(), "error", err)
		u.metrics.dropped.WithLabelValues("sender_unproven").Inc()
		return nil, resultDropped, nil
	}
	d.caller, d.sending = caller, payload
	u.metrics.queued.Inc()
	u.lanes.Move(d.topic.Prefix+"/"+caller.Subject(), d)
	return nil, "", errMoved
}

var errNotOfToken = errors.New("the token is another's")

// prove answers the bearer of the token in a payload, who must be of the topic's application and the sender it names.
func (u *uplink) prove(application string, payload *chatv1.SendPayload) (auth.Principal, error) {
	if payload.GetToken() == "" {
		return auth.Principal{}, auth.ErrNoCredentials
	}
	wait := u.limits.backoff()
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(u.ctx, u.limits.CallTimeout)
		p, err := u.verifier.Token(ctx, payload.GetToken())
		cancel()
		switch {
		case err == nil && (p.ApplicationID != application || !topic.ValidID(p.Subject()) || !names(payload, p)):
			return auth.Principal{}, errNotOfToken
		case err == nil:
			p.Peer = component
			return p, nil
		case !errors.Is(err, auth.ErrKeysUnavailable) || attempt >= u.limits.Attempts:
			return auth.Principal{}, err
		}
		u.metrics.retries.WithLabelValues(topic.UplinkMessageSend.String()).Inc()
		if wait.Pause(u.ctx, 0) != nil {
			return auth.Principal{}, errStopped
		}
	}
}

// names says whether a payload leaves its sender out, or names the one who was proven. A visitor may go without "anon:".
func names(payload *chatv1.SendPayload, p auth.Principal) bool {
	return payload.GetSenderId() == "" || payload.GetSenderId() == p.Subject() || payload.GetSenderId() == p.UserID
}

// sendAs sends a message in the name of the delivery's caller.
func (u *uplink) sendAs(d *delivery, payload *chatv1.SendPayload) (proto.Message, string, error) {
	if !names(payload, d.caller) {
		return d.refused(rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_SENDER_MISMATCH, "The senderId is not yours.",
			rpcerr.Field("senderId", "is not yours")), nil)
	}
	if payload.GetClientMessageId() == "" {
		payload.ClientMessageId = contentID(d, payload, time.Now())
	}
	var stored *chatv1.Message
	err := u.call(d, func(ctx context.Context) (err error) {
		stored, err = u.chat.SendMessage(ctx, &chatv1.SendMessageRequest{
			ConversationId:   payload.GetConversationId(),
			ClientMessageId:  payload.GetClientMessageId(),
			Content:          payload.GetContent(),
			ContentType:      payload.GetContentType(),
			AttachmentIds:    payload.GetAttachmentIds(),
			ReplyToMessageId: payload.GetReplyToMessageId(),
		})
		return err
	})
	if err != nil {
		return d.refused(err, nil)
	}
	if stored.GetDuplicate() {
		return sendAck(stored), resultDuplicate, nil
	}
	return sendAck(stored), resultAccepted, nil
}

// sendAck answers a message that is stored.
func sendAck(m *chatv1.Message) *chatv1.SendAck {
	ack := &chatv1.SendAck{
		ClientMessageId: m.GetClientMessageId(),
		Status:          chatv1.SendAck_sent,
		MessageId:       proto.String(m.GetId()),
		ConversationId:  m.GetConversationId(),
		Duplicate:       m.GetDuplicate(),
	}
	if m.GetSeq() > 0 { // It has none before it is published.
		ack.Seq = proto.Int64(m.GetSeq())
	}
	switch m.GetModerationStatus() {
	case chatv1.Message_pending:
		ack.Status = chatv1.SendAck_pending
	case chatv1.Message_rejected: // since; this is a repeat
		if ack.Seq != nil {
			break // It was published, and taken back.
		}
		ack.Status = chatv1.SendAck_error
		ack.Refusal = ackError(rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED, ""), nil)
	}
	return ack
}

// contentIDPrefix keeps the ids made here from being taken for ids that clients make.
const contentIDPrefix = "gw-sha256-"

// contentID is the client message id of a message that has none: a hash of everything that tells it from others of its
// sender, so that the same PUBLISH delivered again is the same message.
//
// A sender who gives no timestamp either may well mean "ok" twice. Then the packet id and the hour stand in for it: the
// broker delivers again under the same packet id, and comes round to it only after many others.
func contentID(d *delivery, payload *chatv1.SendPayload, now time.Time) string {
	told := &chatv1.SendPayload{
		ConversationId:   payload.GetConversationId(),
		Content:          payload.GetContent(),
		ContentType:      payload.GetContentType(),
		AttachmentIds:    payload.GetAttachmentIds(),
		ReplyToMessageId: payload.GetReplyToMessageId(),
		Timestamp:        payload.GetTimestamp(),
		SenderId:         d.caller.Subject(),
	}
	if payload.GetTimestamp() == nil {
		told.ClientMessageId = strconv.Itoa(int(d.packetID)) + "@" + now.Truncate(time.Hour).UTC().Format(time.RFC3339)
		if d.packetID == 0 { // QoS 0: nothing is delivered again
			told.ClientMessageId = strconv.FormatInt(now.UnixNano(), 36)
		}
	}
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(told)
	if err != nil {
		return "" // Text that is not UTF-8, which decode let in nowhere. The service makes an id.
	}
	sum := sha256.Sum256(text)
	return contentIDPrefix + hex.EncodeToString(sum[:])
}
