package entstore

import (
	"crypto/sha256"
	"strings"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent/predicate"
	"github.com/palabre/palabre/ent/user"
)

// rowID is the primary key of a user, and of a receipt: a UUID version 8 of RFC 9562, of a SHA-256 of what tells it from
// others. Whoever writes the row first gives it the same, which MySQL needs: it takes a conflict on any unique index for
// the one that is meant. No part but the last has a zero byte in it.
func rowID(parts ...string) uuid.UUID {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// named is that a user of the application has one of the ids. It asks for rows by primary key, which the application is part
// of. Asked for application_id as well, PostgreSQL would read all users of the application while a directory is filled:
// without statistics it takes an application for a small part of the table.
func named(applicationID string, userIDs []string) predicate.User {
	ids := make([]uuid.UUID, len(userIDs))
	for i, id := range userIDs {
		ids[i] = rowID(applicationID, id)
	}
	return user.IDIn(ids...)
}
