package entstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/attachment"
	"github.com/palabre/palabre/ent/message"
	"github.com/palabre/palabre/ent/predicate"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// Messages with files. A batch that has none does nothing of this.

// wantedFiles are those that messages of the batch want to be sent with.
func (b *sendBatch) wantedFiles() (ids []uuid.UUID) {
	for _, i := range b.items {
		if len(i.draft.AttachmentIDs) > 0 {
			ids = append(ids, parseIDs(i.draft.AttachmentIDs)...)
		}
	}
	return ids
}

// lockAttachments locks them.
func (b *sendBatch) lockAttachments(ctx context.Context, tx sendTx) error {
	ids := b.wantedFiles()
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.lockAttachments(ctx, distinct(ids))
	b.attachments = attachmentsByID(rows)
	return err
}

// attach gives a message its files, or says that it cannot have them. They are no other message's from then on.
func (b *sendBatch) attach(i *sendItem, c *ent.Conversation, now int64) error {
	if len(i.draft.AttachmentIDs) == 0 {
		return nil
	}
	var err error
	if i.files, err = takeFiles(b.attachments, i.draft, c.ID, i.id, now); err == nil {
		i.fileBytes, err = attachmentBytes(i.files)
	}
	return wrap("append message", err)
}

// claimAttachments keeps which files the messages of the batch were sent with.
func (b *sendBatch) claimAttachments(ctx context.Context, tx sendTx) error {
	for _, i := range b.items {
		if i.row != nil && len(i.files) > 0 {
			if err := tx.claimAttachments(ctx, i.row, i.files); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasFiles says that some message has files, so that their column has to be written.
func (b *sendBatch) hasFiles() bool { return len(b.attachments) > 0 }

// attachmentsColumn is what messageRows has besides where some message has files.
func attachmentsColumn() *column { return &column{name: message.FieldAttachments, pgType: "bytea"} }

var insertMessagesWithFiles = append(messageRows(), attachmentsColumn()).insertAll(message.Table)

// insertMessagesText is the statement that inserts messages on PostgreSQL.
func insertMessagesText(messages rows) string {
	if messages[len(messages)-1].name == message.FieldAttachments {
		return insertMessagesWithFiles
	}
	return insertMessages
}

// messageValuesWithFiles are the values of messageRows and of attachmentsColumn.
func messageValuesWithFiles(m *ent.Message) []any {
	if m.Attachments == nil {
		return append(messageValues(m), nil)
	}
	return append(messageValues(m), m.Attachments)
}

// takeFiles answers the files of a draft from those that are locked: each uploaded whole by the sender, not sent before, not to be
// removed, and not meant for another conversation.
func takeFiles(locked map[uuid.UUID]*ent.Attachment, d chat.Draft, conversation, message uuid.UUID, now int64) ([]*ent.Attachment, error) {
	files := make([]*ent.Attachment, len(d.AttachmentIDs))
	for i, text := range d.AttachmentIDs {
		id, err := uuid.Parse(text)
		row := locked[id]
		if err != nil || row == nil || !sendable(row, d, conversation, now) {
			return nil, chat.ErrNoAttachment
		}
		files[i] = row
	}
	for _, row := range files {
		row.MessageID, row.ConversationID, row.RemoveAfter = &message, &conversation, nil
	}
	return files, nil
}

func sendable(row *ent.Attachment, d chat.Draft, conversation uuid.UUID, now int64) bool {
	return row.ApplicationID == d.ApplicationID && row.UploaderSubject == d.SenderSubject && row.CompletedAt != nil &&
		row.MessageID == nil && row.RemoveAfter != nil && *row.RemoveAfter > now &&
		(row.ConversationID == nil || *row.ConversationID == conversation)
}

// withFiles shows a message's files, which say what its content is where the sender does not.
func withFiles(m *chatv1.Message, files []*ent.Attachment) {
	if len(files) == 0 {
		return
	}
	images := true
	for _, row := range files {
		m.Attachments = append(m.Attachments, attachmentProto(row))
		images = images && strings.HasPrefix(row.MediaType, "image/")
	}
	if m.GetContentType() != chatv1.Message_content_type_unspecified {
		return
	}
	m.ContentType = chatv1.Message_file
	if images {
		m.ContentType = chatv1.Message_image
	}
}

// attachmentBytes is what a message's row has of its files: a message with nothing but them. Nil when it has none.
func attachmentBytes(files []*ent.Attachment) ([]byte, error) {
	if len(files) == 0 {
		return nil, nil
	}
	kept := &chatv1.Message{}
	for _, row := range files {
		shown := attachmentProto(row)
		shown.Url = ""
		kept.Attachments = append(kept.Attachments, shown)
	}
	return proto.Marshal(kept)
}

// attachmentProtos are the files in a message's row. What is not as it was written shows none.
func attachmentProtos(row *ent.Message) []*chatv1.Attachment {
	if len(row.Attachments) == 0 {
		return nil
	}
	kept := &chatv1.Message{}
	if err := proto.Unmarshal(row.Attachments, kept); err != nil {
		return nil
	}
	for _, a := range kept.GetAttachments() {
		a.Url = chat.AttachmentURL(a.GetId())
	}
	return kept.GetAttachments()
}

func attachmentsByID(rows []*ent.Attachment) map[uuid.UUID]*ent.Attachment {
	byID := make(map[uuid.UUID]*ent.Attachment, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID
}

// takeAttachments answers the files of a draft whose message is stored in a transaction that does more, and makes them its.
func (s *Store) takeAttachments(ctx context.Context, tx *ent.Tx, f *feed, d chat.Draft) ([]*ent.Attachment, error) {
	if len(d.AttachmentIDs) == 0 {
		return nil, nil
	}
	ids := parseIDs([]string{d.Message.GetConversationId(), d.Message.GetId()})
	if len(ids) != 2 {
		return nil, chat.ErrNotFound
	}
	files := attachmentsTx{tx, s.rowLocks}
	rows, err := files.lock(ctx, distinct(parseIDs(d.AttachmentIDs)))
	if err != nil {
		return nil, err
	}
	taken, err := takeFiles(attachmentsByID(rows), d, ids[0], ids[1], f.at())
	if err != nil {
		return nil, err
	}
	return taken, files.claim(ctx, &ent.Message{ID: ids[1], ConversationID: ids[0]}, taken)
}

// attachmentsTx is a transaction of ent's, for messages with files: they are few, and need not be fast.
type attachmentsTx struct {
	*ent.Tx
	rowLocks bool
}

// lock reads files that are there, and locks them until the end, in the order of their ids.
func (tx attachmentsTx) lock(ctx context.Context, ids []uuid.UUID) ([]*ent.Attachment, error) {
	q := tx.Attachment.Query().Where(attachment.IDIn(ids...)).Order(attachment.ByID())
	if tx.rowLocks {
		q = q.ForUpdate()
	}
	return q.All(ctx)
}

// claim makes files a message's.
func (tx attachmentsTx) claim(ctx context.Context, m *ent.Message, files []*ent.Attachment) error {
	return tx.Attachment.Update().Where(attachment.IDIn(attachmentIDs(files)...)).
		SetConversationID(m.ConversationID).
		SetMessageID(m.ID).
		ClearRemoveAfter().
		Exec(ctx)
}

func (tx statementTx) lockAttachments(ctx context.Context, ids []uuid.UUID) ([]*ent.Attachment, error) {
	return tx.files.lock(ctx, ids)
}

func (tx statementTx) claimAttachments(ctx context.Context, m *ent.Message, files []*ent.Attachment) error {
	return tx.files.claim(ctx, m, files)
}

func attachmentIDs(files []*ent.Attachment) []uuid.UUID {
	ids := make([]uuid.UUID, len(files))
	for i, row := range files {
		ids[i] = row.ID
	}
	return ids
}

// The same on a pipeline.

var lockedAttachments = "SELECT " + strings.Join([]string{
	attachment.FieldID, attachment.FieldApplicationID, attachment.FieldUploaderSubject, attachment.FieldFileName, attachment.FieldMediaType,
	attachment.FieldSize, attachment.FieldWidth, attachment.FieldHeight, attachment.FieldSha256, attachment.FieldConversationID,
	attachment.FieldMessageID, attachment.FieldCompletedAt, attachment.FieldRemoveAfter,
}, ", ") + " FROM " + attachment.Table + " WHERE id = ANY($1) ORDER BY id FOR UPDATE"

func lockedAttachmentFields(a *ent.Attachment) []any {
	return []any{
		&a.ID, &a.ApplicationID, &a.UploaderSubject, &a.FileName, &a.MediaType,
		&a.Size, &a.Width, &a.Height, &a.Sha256, &a.ConversationID,
		&a.MessageID, &a.CompletedAt, &a.RemoveAfter,
	}
}

func (p pipeline) lockAttachments(ctx context.Context, ids []uuid.UUID) ([]*ent.Attachment, error) {
	var rows []*ent.Attachment
	batch := &pgx.Batch{}
	batch.Queue(lockedAttachments, raw(ids)).Query(collect(&rows, lockedAttachmentFields))
	err := p.conn.SendBatch(ctx, batch).Close()
	return rows, err
}

const claimAttachments = "UPDATE " + attachment.Table + " SET conversation_id = $1, message_id = $2, remove_after = NULL WHERE id = ANY($3)"

func (p pipeline) claimAttachments(ctx context.Context, m *ent.Message, files []*ent.Attachment) error {
	_, err := p.conn.Exec(ctx, claimAttachments, [16]byte(m.ConversationID), [16]byte(m.ID), raw(attachmentIDs(files)))
	return err
}

// removeAttachments has files removed from a time on.
func removeAttachments(ctx context.Context, tx *ent.Tx, at int64, which ...predicate.Attachment) error {
	return tx.Attachment.Update().Where(which...).SetRemoveAfter(at).Exec(ctx)
}

// uploadedBy are the files that someone uploaded for a conversation and has not sent.
func uploadedBy(c *ent.Conversation, subject string) []predicate.Attachment {
	return []predicate.Attachment{attachment.ConversationID(c.ID), attachment.UploaderSubject(subject), attachment.MessageIDIsNil()}
}

// removeFilesOf has the files of messages removed, whose rows no longer have them.
func removeFilesOf(ctx context.Context, tx *ent.Tx, at int64, messages ...*ent.Message) error {
	var ids []string
	for _, m := range messages {
		for _, a := range attachmentProtos(m) {
			ids = append(ids, a.GetId())
		}
	}
	for len(ids) > 0 {
		some := ids[:min(insertBatch, len(ids))]
		ids = ids[len(some):]
		if err := removeAttachments(ctx, tx, at, attachment.IDIn(parseIDs(some)...)); err != nil {
			return fmt.Errorf("remove attachments: %w", err)
		}
	}
	return nil
}
