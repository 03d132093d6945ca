package entstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/palabre/palabre/internal/database"
)

// filling is how much there is in a database of one application, geosector.
type filling struct {
	// conversations have two members each: alice, when it is one of hers, and otherwise people whom nobody knows.
	conversations, hers int
	// events are spread over the conversations, but for those of alice's, of which she has hersEvents in all, at even
	// distances.
	events, hersEvents int
	// messages each conversation has, users of the directory, announcements, notifications.
	messages, users, announcements, notifications int
	// reviews are of messages that moderators decided on, but for a few.
	reviews int
	// files were sent, but for a few.
	files int
}

// fill writes it, in statements of many rows.
func (f filling) fill(t testing.TB, db *database.DB) {
	t.Helper()
	at := time.Now().UnixMicro()
	f.fillConversations(t, db, at)
	f.fillEvents(t, db, at)
	f.fillDirectory(t, db, at)
	f.fillNotifications(t, db, at)
	f.fillReviews(t, db, at)
	f.fillFiles(t, db, at)
	f.analyze(t, db)
}

func (f filling) fillConversations(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	conversations := into("conversations", "id, application_id, type, reply_permission, created_by, created_at, updated_at, last_activity_at, last_seq, last_message_id, participant_count")
	for c := range f.conversations {
		conversations.add(t, db, "'%s', 'geosector', 'group', 'all', '', %d, %d, %d, %d, '%s', 2",
			id(kindConversation, c), at, at, activity(at, c), f.messages, id(kindMessage, c*f.messages))
	}
	conversations.flush(t, db)
	participants := into("participants", "id, application_id, conversation_id, subject, role, joined_at, list_rank")
	for p := range 2 * f.conversations {
		subject := fmt.Sprint("user-", p)
		if p%2 == 0 && p/2 < f.hers {
			subject = "alice"
		}
		participants.add(t, db, "'%s', 'geosector', '%s', '%s', 'member', %d, %d",
			id(kindParticipant, p), id(kindConversation, p/2), subject, at, activity(at, p/2)|rankSpan)
	}
	participants.flush(t, db)
	messages := into("messages", "id, application_id, conversation_id, seq, client_message_id, sender_subject, content, content_type, fingerprint, moderation_status, created_at")
	for m := range f.conversations * f.messages {
		messages.add(t, db, "'%s', 'geosector', '%s', %d, '', 'alice', 'Bonjour', 'text', '', 'approved', %d",
			id(kindMessage, m), id(kindConversation, m/f.messages), m%f.messages+1, at)
	}
	messages.flush(t, db)
}

// activity is when a conversation got its latest message: one a second.
func activity(at int64, c int) int64 { return at + int64(c)*time.Second.Microseconds() }

// rankSpan is how long a rank covers.
const rankSpan = 1<<26 - 1

func (f filling) fillEvents(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	events := into("events", "position, application_id, conversation_id, kind, recipient_only, message_id, created_at")
	others := f.conversations - f.hers
	for position := 1; position <= f.events; position++ {
		c := f.hers + position%others
		if every := f.events / max(f.hersEvents, 1); f.hersEvents > 0 && position%every == 0 {
			c = position / every % f.hers
		}
		events.add(t, db, "%d, 'geosector', '%s', 'message.created', false, '%s', %d", position, id(kindConversation, c), id(kindMessage, 0), at)
	}
	events.flush(t, db)
	execute(t, db, fmt.Sprintf("UPDATE event_heads SET position = %d", f.events))
}

func (f filling) fillDirectory(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	users := into("users", "id, application_id, user_id, name, role, entity_id, created_at, updated_at")
	for u := range f.users {
		users.add(t, db, "'%s', 'geosector', 'user-%06d', 'X', '%d', 'asso-%d', %d, %d", id(kindUser, u), u, u%3, u%100, at, at)
	}
	users.flush(t, db)
	audiences := into("audiences", "id, application_id, created_at")
	targets := into("audience_targets", "id, application_id, conversation_id, target_type, entity_filter, role_filter, created_at")
	deliveries := into("announcement_deliveries", "position, application_id, conversation_id, finished_at")
	for a := range f.announcements {
		audiences.add(t, db, "'%s', 'geosector', %d", id(kindAnnouncement, a), at)
		targets.add(t, db, "'%s', 'geosector', '%s', 'combined', 'asso-%d', '%d', %d", id(kindTarget, a), id(kindAnnouncement, a), a%100, a%3, at)
		deliveries.add(t, db, "%d, 'geosector', '%s', %d", a+1, id(kindAnnouncement, a), at)
	}
	audiences.flush(t, db)
	targets.flush(t, db)
	deliveries.flush(t, db)
}

func (f filling) fillNotifications(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	notifications := into("chat_notifications", "id, application_id, user_id, conversation_id, type, status, sent_at")
	for n := range f.notifications {
		notifications.add(t, db, "'%s', 'geosector', 'user-%d', '%s', 'message.created', 'sent', %d", id(kindNotification, n), n%50, id(kindConversation, 0), at)
	}
	notifications.flush(t, db)
}

func (f filling) fillReviews(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	reviews := into("moderation_reviews", "message_id, application_id, conversation_id, sender_subject, content, rule, status, created_at, decided_at, is_unsettled")
	entries := into("moderation_log_entries", "id, application_id, action, message_id, created_at")
	for r := range f.reviews {
		status := []string{"approved", "rejected"}[r%2]
		if r%50 == 0 {
			status = "pending"
		}
		unsettled := r%100 == 1
		reviews.add(t, db, "'%s', 'geosector', '%s', 'user-%d', 'Bonjour', 'bad_words', '%s', %d, %d, %t",
			id(kindMessage, r), id(kindConversation, 0), r%50, status, at+int64(r), at+int64(r), unsettled)
		entries.add(t, db, "'%s', 'geosector', '%s', '%s', %d", id(kindLogEntry, r), status, id(kindMessage, r), at)
	}
	reviews.flush(t, db)
	entries.flush(t, db)
}

func (f filling) fillFiles(t testing.TB, db *database.DB, at int64) {
	t.Helper()
	files := into("attachments", "id, application_id, uploader_subject, file_name, conversation_id, message_id, created_at, completed_at, remove_after")
	for a := range f.files {
		removeAfter := "NULL"
		if a%50 == 0 {
			removeAfter = fmt.Sprint(at + time.Hour.Microseconds())
		}
		files.add(t, db, "'%s', 'geosector', 'user-%d', 'plan.png', '%s', '%s', %d, %d, %s",
			id(kindFile, a), a%50, id(kindConversation, a%f.conversations), id(kindMessage, a), at, at, removeAfter)
	}
	files.flush(t, db)
}

// analyze lets the planner know, as servers do by themselves before long. SQLite never does.
func (f filling) analyze(t testing.TB, db *database.DB) {
	t.Helper()
	switch db.Dialect() {
	case "postgres":
		execute(t, db, "ANALYZE")
	case "mysql":
		execute(t, db, "ANALYZE TABLE conversations, participants, messages, events, users, audiences, audience_targets, chat_notifications, announcement_deliveries, moderation_reviews, moderation_log_entries, attachments")
	}
}

// The kinds of ids.
const (
	kindConversation = iota + 1
	kindParticipant
	kindMessage
	kindUser
	kindAnnouncement
	kindTarget
	kindNotification
	kindLogEntry
	kindFile
)

// id is the n-th of a kind.
func id(kind, n int) string { return fmt.Sprintf("0197d2a8-%04x-7000-8000-%012x", kind, n) }

// bulk collects rows for a statement.
type bulk struct {
	into string
	rows []string
}

func into(table, columns string) *bulk {
	return &bulk{into: fmt.Sprintf("INSERT INTO %s (%s) VALUES ", table, columns)}
}

func (b *bulk) add(t testing.TB, db *database.DB, values string, args ...any) {
	t.Helper()
	b.rows = append(b.rows, "("+fmt.Sprintf(values, args...)+")")
	if len(b.rows) == 1000 {
		b.flush(t, db)
	}
}

func (b *bulk) flush(t testing.TB, db *database.DB) {
	t.Helper()
	if len(b.rows) > 0 {
		execute(t, db, b.into+strings.Join(b.rows, ", "))
	}
	b.rows = nil
}

func execute(t testing.TB, db *database.DB, statement string) {
	t.Helper()
	if _, err := db.SQL().ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%.200s: %v", statement, err)
	}
}
