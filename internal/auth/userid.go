package auth

import "strings"

// maxUserIDLength is what topics and database columns have room for, in bytes.
const maxUserIDLength = 64

// ValidUserID says whether a host product may call a user this: `[A-Za-z0-9_:-]{1,64}`, not beginning like a visitor's
// subject.
func ValidUserID(id string) bool {
	if id == "" || len(id) > maxUserIDLength || strings.HasPrefix(id, AnonymousPrefix) {
		return false
	}
	for i := range len(id) {
		if !userIDByte(id[i]) {
			return false
		}
	}
	return true
}

func userIDByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == ':' || c == '-'
}
