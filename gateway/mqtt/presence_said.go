package mqttgw

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// maxSessionID is the longest name of a session, in bytes.
const maxSessionID = 128

// presenceSaid is {prefix}/user/{user}/presence, from a client or as its will. Only a refusal is answered. It is taken note
// of and reported with others.
func (u *uplink) presenceSaid(d *delivery) (proto.Message, string, error) {
	payload := new(chatv1.PresencePayload)
	if err := decode(d.payload, payload); err != nil {
		return d.poison(err)
	}
	switch {
	case payload.GetStatus() == chatv1.Presence_status_unspecified:
		return d.refused(rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"A presence is online or offline.", rpcerr.Field("status", "is neither online nor offline")), nil)
	case len(payload.GetSessionId()) > maxSessionID:
		return d.refused(rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
			"The name of the session is too long.", rpcerr.Field("sessionId", "has more than 128 bytes")), nil)
	}
	u.presence.said(d.caller.ApplicationID, d.caller.Subject(), payload.GetSessionId(), payload.GetStatus() == chatv1.Presence_online)
	return nil, resultAccepted, nil
}
