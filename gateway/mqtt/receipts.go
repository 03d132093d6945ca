package mqttgw

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// receipts is {prefix}/user/{user}/receipts. Only a refusal is answered.
func (u *uplink) receipts(d *delivery) (proto.Message, string, error) {
	payload := new(chatv1.ReceiptsPayload)
	if err := decode(d.payload, payload); err != nil {
		return d.poison(err)
	}
	if payload.Delivered == nil && payload.Read == nil {
		return d.refused(rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"A receipt says how far the messages were delivered, or read.", rpcerr.Field("read", "is missing")), nil)
	}
	// Read implies delivered.
	if payload.Delivered != nil && (payload.Read == nil || payload.GetDelivered() > payload.GetRead()) {
		err := u.call(d, func(ctx context.Context) error {
			_, err := u.chat.MarkDelivered(ctx, &chatv1.MarkDeliveredRequest{
				ConversationId: payload.GetConversationId(), Seq: payload.GetDelivered(),
			})
			return err
		})
		if err != nil {
			return d.refused(err, map[string]string{"seq": "delivered"})
		}
	}
	if payload.Read != nil {
		err := u.call(d, func(ctx context.Context) error {
			_, err := u.chat.MarkRead(ctx, &chatv1.MarkReadRequest{
				ConversationId: payload.GetConversationId(), Seq: payload.GetRead(),
			})
			return err
		})
		if err != nil {
			return d.refused(err, map[string]string{"seq": "read"})
		}
	}
	return nil, resultAccepted, nil
}
