package entstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"golang.org/x/sync/errgroup"

	"github.com/palabre/palabre/ent/migrate/migrations"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/audience"
	audiencestore "github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
)

// The versions of the schema that the test goes between.
const (
	firstVersion  = 20261123000000
	secondVersion = 20261125034000
	thirdVersion  = 20261125065157
)

// What a database of the first version holds: a group, a pinned one, a wide one and one that was deleted, each of alice
// and others.
const (
	groupC = iota + 1
	pinnedC
	wideC
	deletedC
)

func fillFirstVersion(t *testing.T, db *database.DB) {
	t.Helper()
	conversations := into("conversations", "id, application_id, type, reply_permission, created_by, created_at, updated_at, last_activity_at, is_pinned, deleted_at, last_seq, last_message_id, participant_count")
	conversations.add(t, db, "'%s', 'geosector', 'group', 'all', 'alice', 1, 1, 1000, false, NULL, 10, '%s', 2", id(kindConversation, groupC), id(kindMessage, groupC))
	conversations.add(t, db, "'%s', 'geosector', 'group', 'all', 'alice', 1, 1, 2000, true, NULL, 5, '%s', 2", id(kindConversation, pinnedC), id(kindMessage, pinnedC))
	conversations.add(t, db, "'%s', 'geosector', 'group', 'all', 'alice', 1, 1, 3000, false, NULL, 7, '%s', 60", id(kindConversation, wideC), id(kindMessage, wideC))
	conversations.add(t, db, "'%s', 'geosector', 'group', 'all', 'alice', 1, 1, 4000, false, 4000, 7, '%s', 2", id(kindConversation, deletedC), id(kindMessage, deletedC))
	conversations.flush(t, db)

	participants := into("participants", "id, application_id, conversation_id, subject, role, joined_at, left_at, read_seq, own_unread")
	participants.add(t, db, "'%s', 'geosector', '%s', 'alice', 'admin', 1, NULL, 4, 2", id(kindParticipant, groupC), id(kindConversation, groupC))
	participants.add(t, db, "'%s', 'geosector', '%s', 'bob', 'member', 2, 900, 4, 0", id(kindParticipant, 10), id(kindConversation, groupC))
	participants.add(t, db, "'%s', 'geosector', '%s', 'alice', 'admin', 1, NULL, 5, 1", id(kindParticipant, pinnedC), id(kindConversation, pinnedC))
	participants.add(t, db, "'%s', 'geosector', '%s', 'alice', 'admin', 1, NULL, 3, 1", id(kindParticipant, wideC), id(kindConversation, wideC))
	participants.add(t, db, "'%s', 'geosector', '%s', 'alice', 'admin', 1, NULL, 7, 0", id(kindParticipant, deletedC), id(kindConversation, deletedC))
	participants.flush(t, db)

	messages := into("messages", "id, application_id, conversation_id, seq, client_message_id, sender_subject, content, content_type, fingerprint, moderation_status, created_at")
	for c, seq := range map[int]int{groupC: 10, pinnedC: 5, wideC: 7, deletedC: 7} {
		messages.add(t, db, "'%s', 'geosector', '%s', %d, '', 'bob', 'L''été', 'text', '', 'approved', 1000", id(kindMessage, c), id(kindConversation, c), seq)
	}
	messages.flush(t, db)
	users := into("users", "id, application_id, user_id, name, role, entity_id, created_at, updated_at")
	users.add(t, db, "'%s', 'geosector', 'alice', 'Alice', '1', 'asso-1', 1, 1", id(kindUser, 1))
	users.flush(t, db)
	execute(t, db, fmt.Sprintf("INSERT INTO events (position, application_id, conversation_id, kind, message_id, created_at) VALUES (1, 'geosector', '%s', 'message.created', '%s', 1000)", id(kindConversation, groupC), id(kindMessage, groupC)))
	execute(t, db, "UPDATE event_heads SET position = 1")
}

func TestADatabaseOfTheFirstVersionIsBroughtUpToDate(t *testing.T) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			db := openEmpty(t, url(t))
			steps := stepper(t, db)
			if _, err := steps.UpTo(t.Context(), firstVersion); err != nil {
				t.Fatal(err)
			}
			fillFirstVersion(t, db)
			if _, err := steps.UpTo(t.Context(), secondVersion); err != nil {
				t.Fatal(err)
			}

			t.Run("with what is computed of the old values", func(t *testing.T) { computed(t, db) })
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Run("and read by the stores", func(t *testing.T) { readByStores(t, db) })
			t.Run("and may be taken back, and forward again", func(t *testing.T) {
				if _, err := steps.DownTo(t.Context(), firstVersion); err != nil {
					t.Fatal(err)
				}
				if got := ask[int64](t, db, "SELECT own_unread FROM participants WHERE id = '"+id(kindParticipant, groupC)+"'"); got.V != 2 {
					t.Errorf("taken back, own_unread is %v", got)
				}
				if _, err := steps.UpTo(t.Context(), thirdVersion); err != nil {
					t.Fatal(err)
				}
				computed(t, db)
				if _, err := steps.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				readByStores(t, db)
			})
		})
	}
}

// computed holds the columns that the second version adds against what they should be.
func computed(t *testing.T, db *database.DB) {
	t.Helper()
	const pinned = 1 << 60
	for participant, want := range map[int]struct{ rank, unread sql.Null[int64] }{
		groupC:   {number(1000), number(4)},
		pinnedC:  {number(2000 + pinned), number(0)},
		wideC:    {number(0), number(0)},
		deletedC: {sql.Null[int64]{}, number(0)},
		10:       {sql.Null[int64]{}, number(0)}, // who left
	} {
		of := " FROM participants WHERE id = '" + id(kindParticipant, participant) + "'"
		if got := ask[int64](t, db, "SELECT list_rank"+of); got != want.rank {
			t.Errorf("participant %d: list_rank is %v, want %v", participant, got, want.rank)
		}
		if got := ask[int64](t, db, "SELECT unread"+of); got != want.unread {
			t.Errorf("participant %d: unread is %v, want %v", participant, got, want.unread)
		}
	}
	for conversation, want := range map[int]bool{groupC: false, pinnedC: false, wideC: true} {
		if got := ask[bool](t, db, "SELECT is_wide FROM conversations WHERE id = '"+id(kindConversation, conversation)+"'"); got.V != want {
			t.Errorf("conversation %d: is_wide is %v", conversation, got.V)
		}
	}
}

func number(n int64) sql.Null[int64] { return sql.Null[int64]{V: n, Valid: true} }

func ask[T any](t *testing.T, db *database.DB, query string) (answer sql.Null[T]) {
	t.Helper()
	if err := db.SQL().QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// readByStores reads what the first version wrote.
func readByStores(t *testing.T, db *database.DB) {
	t.Helper()
	ctx := t.Context()
	store := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
	list, err := store.ListConversations(ctx, chat.ConversationsQuery{ApplicationID: "geosector", Subject: "alice", Limit: 10, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprintf("%v %d %s", c.GetIsPinned(), c.GetUnreadCount(), c.GetLastMessage().GetContent()))
	}
	// Pinned first, then by latest activity: the wide one, and the group.
	if want := "[true 0 L'été false 3 L'été false 4 L'été]"; fmt.Sprint(got) != want {
		t.Errorf("alice is listed %v, want %v", got, want)
	}
	if events, err := store.ListEvents(ctx, chat.EventsQuery{ApplicationID: "geosector", Subject: "alice", Limit: 10}); err != nil || len(events) != 1 {
		t.Errorf("her events are %v, %v", events, err)
	}
	directory := audiencestore.New(audiencestore.Config{Database: db})
	if users, err := directory.ListUsers(ctx, audience.UsersQuery{ApplicationID: "geosector", Limit: 10}); err != nil || len(users) != 1 || users[0].GetName() != "Alice" {
		t.Errorf("the directory is %v, %v", users, err)
	}
}

func TestProcessesThatStartTogetherApplyEachStepOnce(t *testing.T) {
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			shared := url(t)
			var applied [4]int
			var group errgroup.Group
			for i := range applied {
				db := openEmpty(t, shared)
				group.Go(func() (err error) {
					applied[i], err = db.Migrate(context.Background())
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			steps, err := openEmpty(t, shared).Migrations(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sum := 0
			for _, n := range applied {
				sum += n
			}
			if sum != len(steps) {
				t.Errorf("of %d steps the processes applied %v", len(steps), applied)
			}
		})
	}
}

func openEmpty(t testing.TB, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// stepper goes forward and back step by step, which Palabre itself never does.
func stepper(t *testing.T, db *database.DB) *goose.Provider {
	t.Helper()
	dir, err := fs.Sub(migrations.FS, db.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.Dialect(db.Dialect()), db.SQL(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return provider
}
