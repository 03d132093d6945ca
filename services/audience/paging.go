package audience

import (
	"encoding/base64"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// orDefault answers the limit that was asked for, or the default where none was.
func orDefault(asked, byDefault int32) int {
	if asked == 0 {
		return int(byDefault)
	}
	return int(asked)
}

// pageToken is a place, such as the user after whom the next page begins, as callers carry it.
func pageToken(place string) *string {
	token := base64.RawURLEncoding.EncodeToString([]byte(place))
	return &token
}

// parsePageToken reads the user that pageToken wrote; an empty token is before the first page.
func parsePageToken(token string) (userID string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || token != "" && !auth.ValidUserID(string(text)) {
		return "", invalidPageToken()
	}
	return string(text), nil
}

func invalidPageToken() error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR, "", rpcerr.Field("pageToken", "is no page token"))
}
