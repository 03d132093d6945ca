package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// visitorPrefix marks an anonymous user among subjects.
const visitorPrefix = "anon:"

// newID makes the id of anything but a message. It sorts by time, so rows are inserted where the index is warm.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// MessageID is the id of the message that a sender names clientMessageID in a conversation, wherever and however often
// it is computed: a UUID version 8 of RFC 9562, of a SHA-256. Since the primary key is the idempotency key, a repeat
// cannot be stored twice, and no other index is needed to see to it.
func MessageID(applicationID, conversationID, senderSubject, clientMessageID string) uuid.UUID {
	// The parts but the last have no zero byte in them, so no two different tuples read the same.
	sum := sha256.Sum256([]byte(strings.Join([]string{applicationID, conversationID, senderSubject, clientMessageID}, "\x00")))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// notificationID is the id of a notification, however often it is computed: of these parts, which have no zero byte in
// them, and the time of the event that it tells of. It is a UUID version 7 of RFC 9562 with the time as fine as microseconds
// (its method 3), for messages come faster than one in a millisecond, and a SHA-256 as its random part. So ids are in the order
// of time, and one that is stored again has the same.
func notificationID(at time.Time, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	id := uuid.UUID(sum[:16])
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(at.UnixMilli()))
	copy(id[:6], millis[2:])
	fraction := at.UnixMicro() % 1000 * 4096 / 1000
	id[6], id[7] = 0x70|byte(fraction>>8), byte(fraction)
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// fingerprint tells whether a repeated clientMessageId comes with the content it came with first.
func fingerprint(req *chatv1.SendMessageRequest) []byte {
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(&chatv1.SendMessageRequest{
		Content:          req.GetContent(),
		ContentType:      req.GetContentType(),
		AttachmentIds:    req.GetAttachmentIds(),
		ReplyToMessageId: req.GetReplyToMessageId(),
	})
	if err != nil {
		// Only invalid UTF-8 fails to marshal, and the transport has refused that.
		panic(err)
	}
	sum := sha256.Sum256(bytes)
	return sum[:16]
}

// pairKey names a pair of users, whichever of them asks. The separator is in no user id.
func pairKey(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + "|" + b
}

// Subject is how a participant is named in topics, events and columns. One who was a visitor and became a user is a user.
func Subject(p *chatv1.Participant) string {
	if p.GetUserId() == "" && p.GetAnonymousId() != "" {
		return visitorPrefix + p.GetAnonymousId()
	}
	return p.GetUserId()
}

// VisitorID is the anonymous user's id in a subject, and false for a user's.
func VisitorID(subject string) (string, bool) { return strings.CutPrefix(subject, visitorPrefix) }
