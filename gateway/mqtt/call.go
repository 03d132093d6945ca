package mqttgw

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// component is the name under which the gateway vouches for those in whose name it calls.
const component = "mqtt"

// call makes a call in the sender's name until its outcome is final: nil, what to tell the sender, or errStopped. What
// will pass is waited for, with the PUBLISH unacknowledged; but for a sync, whose answer would come too late.
func (u *uplink) call(d *delivery, do func(context.Context) error) error {
	wait := u.limits.backoff()
	for attempt := 1; ; attempt++ {
		err := u.attempt(d.caller, do)
		if err == nil {
			return nil
		}
		if u.ctx.Err() != nil {
			return errStopped
		}
		v := judge(err)
		lastAttempt := attempt >= u.limits.Attempts && (v.again == sometimes || d.topic.Kind == topic.UplinkSync)
		if v.again == never || lastAttempt {
			u.logFailure(d, err, attempt)
			return err
		}
		u.metrics.retries.WithLabelValues(d.verb()).Inc()
		asked, _ := rpcerr.RetryDelay(err)
		if wait.Pause(u.ctx, min(asked, u.limits.MaxRetryAfter)) != nil {
			return errStopped
		}
	}
}

// attempt makes a call once. Waiting for better times, an uplink does not keep others from calling.
func (u *uplink) attempt(as auth.Principal, do func(context.Context) error) error {
	select {
	case u.slots <- struct{}{}:
		defer func() { <-u.slots }()
	case <-u.ctx.Done():
		return context.Cause(u.ctx)
	}
	ctx, cancel := context.WithTimeout(auth.ActAs(u.ctx, as), u.limits.CallTimeout)
	defer cancel()
	return do(ctx)
}

// logFailure tells the operator. What the sender did wrong is the sender's to know.
func (u *uplink) logFailure(d *delivery, err error, attempts int) {
	if judge(err).again == never {
		return
	}
	u.log.Warn("uplink given up", "verb", d.verb(), "application_id", d.caller.ApplicationID, "attempts", attempts, "error", err)
}

// verb names the kind of uplink, as the last level of its topic does.
func (d *delivery) verb() string {
	if d.topic.Kind == topic.UplinkMessageSend {
		return d.topic.Kind.String()
	}
	return strings.TrimPrefix(d.topic.Kind.String(), "user/")
}

// refused is what settle answers when a call was refused, or never settled.
func (d *delivery) refused(err error, rename map[string]string) (proto.Message, string, error) {
	if errors.Is(err, errStopped) {
		return nil, "", err
	}
	result := resultRefused
	if judge(err).again != never {
		result = resultFailed
	}
	return d.refusal(err, rename), result, nil
}

// poison is what settle answers when a payload cannot be read.
func (d *delivery) poison(err error) (proto.Message, string, error) {
	return d.refusal(err, nil), resultPoison, nil
}

// refusal tells an error in the form that the uplink's sender waits for.
func (d *delivery) refusal(err error, rename map[string]string) proto.Message {
	refusal := ackError(err, rename)
	switch d.topic.Kind {
	case topic.UplinkSend, topic.UplinkMessageSend:
		return &chatv1.SendAck{
			ClientMessageId: salvage(d.payload, "clientMessageId", "client_message_id"),
			ConversationId:  salvage(d.payload, "conversationId", "conversation_id"),
			Status:          chatv1.SendAck_error,
			Refusal:         refusal,
		}
	case topic.UplinkSync:
		return &chatv1.SyncAck{
			RequestId: salvage(d.payload, "requestId", "request_id"),
			Status:    chatv1.SyncAck_error,
			Refusal:   refusal,
		}
	default:
		return &chatv1.UplinkRefusal{Topic: d.verb(), Refusal: refusal, At: timestamppb.Now()}
	}
}
