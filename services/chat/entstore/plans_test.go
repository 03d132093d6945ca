package entstore_test

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/audience"
	audiencestore "github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/moderation"
	moderationstore "github.com/palabre/palabre/services/moderation/entstore"
)

// used is a database that has been used for a while.
var used = filling{
	conversations: 20_000, hers: 60, events: 20_000, hersEvents: 100, messages: 2,
	users: 5000, announcements: 2000, notifications: 5000, reviews: 5000, files: 5000,
}

// small tables have a row or a few, whatever happens: they may be read whole.
var small = regexp.MustCompile(`^(event_heads|event_consumers|leases)$`)

// brought are what statements call what they bring along themselves.
var brought = regexp.MustCompile(`^(n|json_each)$`)

// The statements are those that the stores really run, and the plans those of the databases.
func TestNoHotQueryReadsAWholeTable(t *testing.T) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			db := openMigrated(t, url(t))
			used.fill(t, db)
			statements := record(db)
			for what, run := range hotQueries(db) {
				statements.take()
				if err := run(t.Context()); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				ran := statements.take()
				if what == "append" && db.Dialect() == dialect.Postgres {
					ran = pipelined()
				}
				if len(ran) == 0 {
					t.Errorf("%s: ran nothing", what)
				}
				for _, s := range ran {
					if strings.HasPrefix(s.text, "INSERT") {
						continue
					}
					if scanned := scans(t, db, s); scanned != "" {
						t.Errorf("%s reads all of %s:\n%s", what, scanned, s.text)
					}
				}
			}
		})
	}
}

func pipelined() (list []statement) {
	for text, args := range entstore.PipelineStatements(uuid.MustParse(id(kindConversation, 1))) {
		list = append(list, statement{text, args})
	}
	return list
}

// hotQueries are what is asked of stores all the time.
func hotQueries(db *database.DB) map[string]func(context.Context) error {
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
	if db.Dialect() == dialect.SQLite {
		entstore.ThroughEnt(store)
	}
	directory := audiencestore.New(audiencestore.Config{Database: db})
	moderators := moderationstore.New(moderationstore.Config{Database: db})
	conversation := id(kindConversation, 1)
	history := chat.MessagesQuery{ApplicationID: "geosector", ConversationID: conversation, Limit: 50}
	mine := chat.EventsQuery{ApplicationID: "geosector", Subject: "alice", UpTo: int64(used.events), Limit: 100,
		Announcements: []string{id(kindAnnouncement, 1), id(kindAnnouncement, 2)}}
	lately := mine
	lately.After = int64(used.events) - 100
	return map[string]func(context.Context) error{
		"membership": func(ctx context.Context) error {
			_, _, err := store.GetMembership(ctx, "geosector", conversation, "alice")
			return err
		},
		"membership of a stranger": func(ctx context.Context) error {
			_, _, err := store.GetMembership(ctx, "geosector", conversation, "mallory")
			return err
		},
		"members": func(ctx context.Context) error {
			_, err := store.ListSubjects(ctx, "geosector", conversation)
			return err
		},
		"append": func(ctx context.Context) error { return appendTo(ctx, store, conversation, "1", "Bonjour") },
		"a file": func(ctx context.Context) error {
			_, err := store.FindAttachment(ctx, "geosector", id(kindFile, 1), time.Now())
			return err
		},
		"files to remove": func(ctx context.Context) error {
			_, err := store.ListRemovable(ctx, time.Now(), 100)
			return err
		},
		"receipt": func(ctx context.Context) error {
			_, err := store.AdvanceReceipt(ctx, "geosector", conversation, "alice", chat.Read, 3)
			return err
		},
		"history, before": func(ctx context.Context) error {
			before := history
			before.Before = 2
			_, err := store.ListMessages(ctx, before)
			return err
		},
		"companions": func(ctx context.Context) error {
			_, err := store.ListCompanions(ctx, "geosector", []string{"alice", "user-1"})
			return err
		},
		"companions among some": func(ctx context.Context) error {
			_, err := store.FilterCompanions(ctx, "geosector", "alice", []string{"user-1", "user-2", "user-3"})
			return err
		},
		"history, since": func(ctx context.Context) error {
			since := history
			since.Ascending, since.After = true, 2
			_, err := store.ListMessages(ctx, since)
			return err
		},
		"list of conversations": func(ctx context.Context) error {
			_, err := store.ListConversations(ctx, chat.ConversationsQuery{ApplicationID: "geosector", Subject: "alice", Limit: 30, Now: time.Now()})
			return err
		},
		"unread in all": func(ctx context.Context) error {
			_, err := store.CountUnread(ctx, chat.ConversationsQuery{ApplicationID: "geosector", Subject: "alice", Now: time.Now()})
			return err
		},
		"notifications": func(ctx context.Context) error {
			_, err := store.ListNotifications(ctx, chat.NotificationsQuery{ApplicationID: "geosector", UserID: "user-1", Limit: 30, Now: time.Now()})
			return err
		},
		"notifications, unread": func(ctx context.Context) error {
			_, err := store.ListNotifications(ctx, chat.NotificationsQuery{ApplicationID: "geosector", UserID: "user-1", UnreadOnly: true, Limit: 30, Now: time.Now()})
			return err
		},
		"events of one who was away for long":  func(ctx context.Context) error { _, err := store.ListEvents(ctx, mine); return err },
		"events of one who was away for short": func(ctx context.Context) error { _, err := store.ListEvents(ctx, lately); return err },
		"events for a gateway": func(ctx context.Context) error {
			_, err := store.ListEvents(ctx, chat.EventsQuery{After: lately.After, Limit: 256, HandedOn: true})
			return err
		},
		"events for a back end": func(ctx context.Context) error {
			_, err := store.ListEvents(ctx, chat.EventsQuery{ApplicationID: "geosector", After: lately.After, Limit: 256})
			return err
		},
		"deliveries to be done": func(ctx context.Context) error { _, err := store.ListDeliveries(ctx, 16); return err },
		"pruning": func(ctx context.Context) error {
			_, err := store.PruneEvents(ctx, chat.Pruning{Before: time.Now().Add(-time.Hour), Limit: 500})
			return err
		},
		"who is behind": func(ctx context.Context) error {
			_, err := store.ListBehind(ctx, "geosector", map[string]int64{conversation: 2, id(kindConversation, 2): 2}, 20)
			return err
		},
		"notifications of what was read": func(ctx context.Context) error {
			return store.SettleNotifications(ctx, "geosector", []chat.ReadReceipt{{ConversationID: conversation, UserID: "user-1", Seq: 3, At: time.Now()}})
		},
		"marking notifications": func(ctx context.Context) error {
			_, err := store.MarkNotificationsRead(ctx, "geosector", "user-1", nil)
			return err
		},
		"announcements to a user": func(ctx context.Context) error {
			_, err := directory.ListUserAudiences(ctx, audience.UserAudiencesQuery{ApplicationID: "geosector", Role: "1", EntityID: "asso-1", Limit: 100})
			return err
		},
		"users of an audience": func(ctx context.Context) error {
			_, err := directory.ListUsers(ctx, audience.UsersQuery{ApplicationID: "geosector", Limit: 100, After: "user-000100",
				AnyOf: []audience.Selection{{Role: "1", EntityID: "asso-1"}}})
			return err
		},
		"review queue": func(ctx context.Context) error {
			_, err := moderators.ListReviews(ctx, moderation.ReviewsQuery{ApplicationID: "geosector", Status: moderationv1.Verdict_pending, Limit: 50,
				After: &moderation.ReviewKey{At: time.Now().Add(-time.Minute).UnixMicro(), ID: id(kindMessage, 0)}})
			return err
		},
		"decision": func(ctx context.Context) error {
			was, err := moderators.GetReview(ctx, "geosector", id(kindMessage, 50))
			if err != nil {
				return err
			}
			_, err = moderators.DecideReview(ctx, moderation.ReviewDecision{ApplicationID: "geosector", Was: was, Status: moderationv1.Verdict_approved})
			return err
		},
		"decisions to be carried out": func(ctx context.Context) error { _, err := moderators.ListDecisions(ctx, 256); return err },
		"settling": func(ctx context.Context) error {
			return moderators.SettleDecisions(ctx, []*moderationv1.Decision{
				{MessageId: id(kindMessage, 1), ReviewedAt: timestamppb.Now()}, {MessageId: id(kindMessage, 2), ReviewedAt: timestamppb.Now()},
			})
		},
		"forgetting texts": func(ctx context.Context) error {
			return moderators.ForgetReviews(ctx, "geosector", []string{id(kindMessage, 3), id(kindMessage, 4)})
		},
		"log": func(ctx context.Context) error {
			_, err := moderators.ListLog(ctx, moderation.LogQuery{ApplicationID: "geosector", Limit: 50, Before: id(kindLogEntry, 4000)})
			return err
		},
		"log of a message": func(ctx context.Context) error {
			_, err := moderators.ListLog(ctx, moderation.LogQuery{ApplicationID: "geosector", MessageID: id(kindMessage, 3), Limit: 50})
			return err
		},
	}
}

func appendTo(ctx context.Context, store chat.Store, conversation, clientID, content string) error {
	_, _, err := store.AppendMessage(ctx, chat.Draft{
		ApplicationID: "geosector", SenderSubject: "alice", Fingerprint: make([]byte, 16),
		Message: &chatv1.Message{
			Id: chat.MessageID("geosector", conversation, "alice", clientID).String(), ConversationId: conversation, ClientMessageId: clientID,
			SenderId: "alice", SenderType: chatv1.Message_user, Content: content, ContentType: chatv1.Message_text, CreatedAt: timestamppb.Now(),
			ModerationStatus: chatv1.Message_approved,
		},
	}, func(*chatv1.Conversation, *chatv1.Participant) error { return nil })
	return err
}

func openMigrated(t testing.TB, url string) *database.DB {
	t.Helper()
	db := openEmpty(t, url)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// scans answers the table that a statement reads from one end to the other, or all of an index of it; empty when there is
// none.
func scans(t *testing.T, db *database.DB, s statement) string {
	t.Helper()
	switch db.Dialect() {
	case dialect.Postgres:
		var plan []map[string]any
		text := explain(t, db, "EXPLAIN (FORMAT JSON) ", s)[0][0]
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			t.Fatal(err)
		}
		return postgresScan(plan[0]["Plan"].(map[string]any))
	case dialect.MySQL:
		for _, row := range explain(t, db, "EXPLAIN ", s) {
			// id, select_type, table, type, …
			if table, access := row[2], row[3]; (access == "ALL" || access == "index") && !strings.HasPrefix(table, "<") && !small.MatchString(table) {
				return table
			}
		}
	default:
		for _, row := range explain(t, db, "EXPLAIN QUERY PLAN ", s) {
			table, isScan := strings.CutPrefix(row[3], "SCAN ")
			table, _, _ = strings.Cut(table, " ")
			if isScan && !small.MatchString(table) && table != "CONSTANT" && !brought.MatchString(table) && !strings.HasPrefix(table, "(") {
				return table
			}
		}
	}
	return ""
}

// postgresScan looks for a scan in a plan and the plans below.
func postgresScan(plan map[string]any) string {
	table, _ := plan["Relation Name"].(string)
	kind := plan["Node Type"]
	whole := kind == "Seq Scan" || plan["Index Cond"] == nil && (kind == "Index Scan" || kind == "Index Only Scan")
	if whole && !small.MatchString(table) {
		return table
	}
	below, _ := plan["Plans"].([]any)
	for _, p := range below {
		if table := postgresScan(p.(map[string]any)); table != "" {
			return table
		}
	}
	return ""
}

// explain answers the rows of a plan, as text.
func explain(t *testing.T, db *database.DB, how string, s statement) [][]string {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), how+s.text, s.args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.text)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		fields, into := make([]stdsql.NullString, len(columns)), make([]any, len(columns))
		for i := range fields {
			into[i] = &fields[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(columns))
		for i, field := range fields {
			texts[i] = field.String
		}
		all = append(all, texts)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
