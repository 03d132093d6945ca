package rpc

import (
	"context"
	"math/rand/v2"
	"strconv"

	"google.golang.org/grpc/metadata"
)

// MetadataRequestID holds the id under which the logs of all components speak of one request of an outside caller.
const MetadataRequestID = "x-request-id"

// maxRequestID is the longest request id taken from a caller, in bytes.
const maxRequestID = 64

type requestIDKey struct{}

// RequestID answers the id of the request being handled; empty outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// NewRequestID makes an id. It only has to differ from others of its time.
func NewRequestID() string { return strconv.FormatUint(rand.Uint64(), 36) }

// incomingRequestID answers the caller's id for the request, or a new one if it has none that belongs in a log.
func incomingRequestID(ctx context.Context) string {
	if ids := metadata.ValueFromIncomingContext(ctx, MetadataRequestID); len(ids) == 1 && saneRequestID(ids[0]) {
		return ids[0]
	}
	return NewRequestID()
}

func saneRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, c := range []byte(id) {
		// Printable ASCII without what quotes or separates.
		if c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ',' || c == ';' {
			return false
		}
	}
	return true
}

// incoming answers the metadata that came with a call.
func incoming(ctx context.Context) metadata.MD {
	md, _ := metadata.FromIncomingContext(ctx)
	return md
}
