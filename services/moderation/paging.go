package moderation

import (
	"encoding/base64"
	"encoding/json"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// defaultPageSize is how long a page is when nobody said.
const defaultPageSize = 50

// pageSize answers the limit that holds: the asked, or the default where none was.
func pageSize(asked int32) int {
	if asked == 0 {
		return defaultPageSize
	}
	return int(asked)
}

// pageToken writes a place in a list as callers carry it.
func pageToken(key any) *string {
	text, err := json.Marshal(key)
	if err != nil {
		panic(err) // Keys are structs of strings and numbers.
	}
	token := base64.RawURLEncoding.EncodeToString(text)
	return &token
}

// pageKey is a place in a list, which a token may say wrongly.
type pageKey interface{ valid() bool }

func (k *ReviewKey) valid() bool { return uuid.Validate(k.ID) == nil }

// logKey is an entry's place in the log: its id, since ids are in the order of time.
type logKey struct {
	ID string `json:"i"`
}

func (k *logKey) valid() bool { return uuid.Validate(k.ID) == nil }

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
