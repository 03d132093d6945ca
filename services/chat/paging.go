package chat

import (
	"encoding/base64"
	"encoding/json"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// pageSize answers the limit that holds: the asked, or the default where none was.
func pageSize(asked, byDefault int32) int {
	if asked == 0 {
		return int(byDefault)
	}
	return int(asked)
}

// pageToken writes a place in a list as callers carry it.
func pageToken(key any) *string {
	text, err := json.Marshal(key)
	if err != nil {
		// Keys are structs of strings, numbers and booleans.
		panic(err)
	}
	token := base64.RawURLEncoding.EncodeToString(text)
	return &token
}

// pageKey is a place in a list, which a token may say wrongly.
type pageKey interface{ valid() bool }

func (k *ConversationKey) valid() bool { return uuid.Validate(k.ID) == nil }
func (k *ParticipantKey) valid() bool  { return uuid.Validate(k.ID) == nil }
func (t *historyToken) valid() bool    { return t.Before >= 0 && t.After >= 0 }

// parsePageToken reads what pageToken wrote.
func parsePageToken(token string, key pageKey) error {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, key)
	}
	if err != nil || !key.valid() {
		return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR,
			"The page token is not one this server gave.", rpcerr.Field("pageToken", "is no page token"))
	}
	return nil
}
