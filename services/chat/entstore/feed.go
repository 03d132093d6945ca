package entstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/announcementdelivery"
	"github.com/palabre/palabre/ent/event"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
)

// headID is the one row of event_heads, which the first migration makes.
const headID = 1

// feed collects the events of a transaction.
type feed struct {
	now  time.Time
	rows []entry
	// rewrites says that the transaction changes messages that were there: their text or whose they are.
	rewrites bool

	// What is remembered of it after the commit: the rows as they are written, and the position before them.
	events  []*ent.Event
	before  int64
	written *run
}

// entry is an event before it has a position.
type entry struct {
	applicationID  string
	conversationID uuid.UUID
	kind           string
	// recipient is a subject besides the conversation's members, or alone.
	recipient     string
	recipientOnly bool
	// origin is the position of the event that is handed on to addressees, at is when that happened; 0 and none otherwise.
	origin     int64
	at         int64
	addressees []byte
	// announced says that it is an announcement's, and is handed on to the audience in the background.
	announced bool
	// messageID is the message it is about, whose text is read when the event is. message is its row, where this very
	// transaction writes it and says so.
	messageID uuid.UUID
	message   *ent.Message
	// payload is the rest of the event, if it has any.
	payload *chatv1.Event
}

func (f *feed) add(e entry) { f.rows = append(f.rows, e) }

// at is the time of the transaction as the database keeps it and as callers get it.
func (f *feed) at() int64 { return f.now.UnixMicro() }

func (f *feed) timestamp() *timestamppb.Timestamp { return timestamp(f.at()) }

// flush writes the events. It is the last thing a transaction does: the row it takes positions from is locked until the
// commit, so positions become visible in their order, and the wait for one another is as short as a commit.
func (f *feed) flush(ctx context.Context, tx session, on string) error {
	if len(f.rows) == 0 {
		return nil
	}
	events, err := f.write()
	if err != nil {
		return err
	}
	if f.before, err = events.place(ctx, tx, on); err != nil {
		return err
	}
	return f.deliver(ctx, tx, on)
}

// finish is flush, and makes what the events are for those who follow them, while the commit that comes next waits for the disk.
func (f *feed) finish(ctx context.Context, tx session, on string) error {
	if err := f.flush(ctx, tx, on); err != nil {
		return err
	}
	if written := f.run(); written != nil {
		go written.events()
	}
	return nil
}

// write answers the rows of the events, whose positions count from 1.
func (f *feed) write() (rows, error) {
	columns := eventRows()
	f.events = make([]*ent.Event, len(f.rows))
	for i, e := range f.rows {
		row, err := f.row(int64(i)+1, e)
		if err != nil {
			return nil, err
		}
		f.events[i] = row
		columns.add(eventValues(row)...)
	}
	return columns, nil
}

// place writes events whose positions count from 1 at the end of the feed, and answers the position before them. Where the
// database can, in one statement.
func (r rows) place(ctx context.Context, tx session, on string) (before int64, err error) {
	if on == dialect.Postgres {
		return queryInt64(ctx, tx, placeEvents, append([]any{r.count()}, r.arrayArgs()...)...)
	}
	last, err := takePositions(ctx, tx, on, r.count())
	if err != nil {
		return 0, err
	}
	before = last - int64(r.count())
	for i := range r[0].values {
		r[0].values[i] = before + int64(i) + 1
	}
	return before, r.insert(ctx, tx, on, event.Table)
}

// placeAll is place for PostgreSQL, of one text whatever the number of events: $1.
func (r rows) placeAll() string {
	return "WITH head AS (UPDATE event_heads SET position = position + $1 WHERE id = " + strconv.Itoa(headID) +
		" RETURNING position - $1 AS before), placed AS (INSERT INTO " + event.Table + " (" + r.names() +
		") SELECT head.before + n." + strings.ReplaceAll(r.names(), ", ", ", n.") +
		" FROM head, (" + r.selectAll(2) + ") AS n) SELECT before FROM head"
}

// queue is flush in a pipeline. The position of an announcement's event, which its delivery goes by, is read from the
// event that is there by then.
func (f *feed) queue(batch *pgx.Batch) error {
	if len(f.rows) == 0 {
		return nil
	}
	events, err := f.write()
	if err != nil {
		return err
	}
	batch.Queue(placeEvents, append([]any{events.count()}, events.arrayArgs()...)...).QueryRow(func(row pgx.Row) error {
		return row.Scan(&f.before)
	})
	for _, e := range f.rows {
		if e.announced {
			batch.Queue("INSERT INTO announcement_deliveries (position, application_id, conversation_id) SELECT position, application_id, "+
				"conversation_id FROM events WHERE conversation_id = $1 AND message_id = $2 ORDER BY position DESC LIMIT 1",
				[16]byte(e.conversationID), [16]byte(e.messageID))
		}
	}
	return nil
}

// deliver makes the background work that hands announcements on to their audiences.
func (f *feed) deliver(ctx context.Context, tx session, on string) error {
	deliveries := deliveryRows()
	for i, e := range f.rows {
		if e.announced {
			deliveries.add(f.before+int64(i)+1, e.applicationID, e.conversationID)
		}
	}
	if deliveries.count() == 0 {
		return nil
	}
	return deliveries.insert(ctx, tx, on, announcementdelivery.Table)
}

// deliveryRows are those of announcements that nobody has been told of yet.
func deliveryRows() rows {
	return rows{
		{name: "position", pgType: "bigint"},
		{name: announcementdelivery.FieldApplicationID, pgType: "text"},
		{name: announcementdelivery.FieldConversationID, pgType: "uuid"},
	}
}

// takePositions takes the next n positions, and answers the last, on SQLite and MySQL.
func takePositions(ctx context.Context, tx session, on string, n int) (int64, error) {
	take, which := "UPDATE event_heads SET position = position + ?", " WHERE id = "+strconv.Itoa(headID)
	if on == dialect.SQLite {
		return queryInt64(ctx, tx, take+which+" RETURNING position", n)
	}
	if err := exec(ctx, tx, take+which, []any{n}); err != nil {
		return 0, err
	}
	return queryInt64(ctx, tx, "SELECT position FROM event_heads"+which)
}

func queryInt64(ctx context.Context, tx session, q string, args ...any) (n int64, err error) {
	err = database.EachRow(ctx, tx, q, args, func() {}, &n)
	return n, err
}

func eventRows() rows {
	return rows{
		{name: "position", pgType: "bigint"},
		{name: event.FieldApplicationID, pgType: "text"},
		{name: event.FieldConversationID, pgType: "uuid"},
		{name: event.FieldKind, pgType: "text"},
		{name: event.FieldRecipient, pgType: "text"},
		{name: event.FieldRecipientOnly, pgType: "boolean"},
		{name: event.FieldOrigin, pgType: "bigint"},
		{name: event.FieldAddressees, pgType: "bytea"},
		{name: event.FieldMessageID, pgType: "uuid"},
		{name: event.FieldPayload, pgType: "bytea"},
		{name: event.FieldCreatedAt, pgType: "bigint"},
	}
}

// eventValues are an event's row.
func eventValues(e *ent.Event) []any {
	var addressees, payload any
	if e.Addressees != nil {
		addressees = e.Addressees
	}
	if e.Payload != nil {
		payload = e.Payload
	}
	return []any{
		e.ID, e.ApplicationID, e.ConversationID, e.Kind, orNull(e.Recipient), e.RecipientOnly, orNull(e.Origin), addressees,
		orNull(e.MessageID), payload, e.CreatedAt,
	}
}

func orNull[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// row is an event as it is written.
func (f *feed) row(position int64, e entry) (*ent.Event, error) {
	row := &ent.Event{
		ID:             position,
		ApplicationID:  e.applicationID,
		ConversationID: e.conversationID,
		Kind:           e.kind,
		RecipientOnly:  e.recipientOnly,
		CreatedAt:      f.at(),
	}
	if e.recipient != "" {
		row.Recipient = &e.recipient
	}
	if e.origin != 0 {
		row.Origin, row.Addressees, row.CreatedAt = &e.origin, e.addressees, e.at
	}
	if e.messageID != uuid.Nil {
		row.MessageID = &e.messageID
	}
	var err error
	if e.payload != nil {
		row.Payload, err = proto.Marshal(e.payload)
	}
	return row, err
}

// run is what the transaction wrote, to be remembered; nil if there are events whose message it did not say. It is asked
// for when they have their positions.
func (f *feed) run() *run {
	if f.written != nil || len(f.rows) == 0 {
		return f.written
	}
	written := &run{began: f.now, rows: f.events, bytes: len(f.rows) * eventBytes}
	for i, e := range f.rows {
		f.events[i].ID = f.before + int64(i) + 1
		written.bytes += len(f.events[i].Payload) + len(f.events[i].Addressees)
		switch {
		case e.message != nil:
			written.messages = append(written.messages, e.message)
			written.bytes += len(e.message.Content) + len(e.message.Attachments)
		case e.messageID != uuid.Nil:
			return nil
		}
	}
	f.written = written
	return written
}
