package entstore

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/palabre/palabre/ent"
	"github.com/palabre/palabre/ent/attachment"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

// CreateAttachment implements chat.Store.
func (s *Store) CreateAttachment(ctx context.Context, a chat.Attachment) error {
	return s.change(ctx, "create attachment", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		id, err := uuid.Parse(a.File.GetId())
		if err != nil {
			return err
		}
		row := tx.Attachment.Create().
			SetID(id).
			SetApplicationID(a.ApplicationID).
			SetUploaderSubject(a.Uploader).
			SetFileName(a.File.GetFileName()).
			SetCreatedAt(a.CreatedAt.UnixMicro()).
			SetRemoveAfter(a.RemoveAfter.UnixMicro())
		if conversation, err := uuid.Parse(a.ConversationID); err == nil {
			row.SetConversationID(conversation)
		}
		return row.Exec(ctx)
	})
}

// CompleteAttachment implements chat.Store.
func (s *Store) CompleteAttachment(ctx context.Context, a chat.Attachment, at time.Time) error {
	return s.change(ctx, "complete attachment", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		sum, err := hex.DecodeString(a.File.GetSha256())
		if err != nil {
			return err
		}
		changed, err := tx.Attachment.Update().
			Where(attachment.IDIn(parseIDs([]string{a.File.GetId()})...), attachment.ApplicationID(a.ApplicationID),
				attachment.RemoveAfterGT(at.UnixMicro())).
			SetMediaType(a.File.GetMediaType()).
			SetSize(a.File.GetSize()).
			SetWidth(a.File.GetWidth()).
			SetHeight(a.File.GetHeight()).
			SetSha256(sum).
			SetCompletedAt(at.UnixMicro()).
			Save(ctx)
		if err == nil && changed == 0 {
			err = chat.ErrNotFound
		}
		return err
	})
}

// FindAttachment implements chat.Store.
func (s *Store) FindAttachment(ctx context.Context, applicationID, id string, now time.Time) (chat.Attachment, error) {
	row, err := s.read.Attachment.Query().
		Where(attachment.IDIn(parseIDs([]string{id})...), attachment.ApplicationID(applicationID), attachment.CompletedAtNotNil(),
			attachment.Or(attachment.RemoveAfterIsNil(), attachment.RemoveAfterGT(now.UnixMicro()))).
		Only(ctx)
	if err != nil {
		return chat.Attachment{}, wrap("find attachment", err)
	}
	return attachmentOf(row), nil
}

// AbandonAttachment implements chat.Store.
func (s *Store) AbandonAttachment(ctx context.Context, applicationID, id string, now time.Time) error {
	return s.change(ctx, "abandon attachment", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		return removeAttachments(ctx, tx, now.UnixMicro(), attachment.IDIn(parseIDs([]string{id})...),
			attachment.ApplicationID(applicationID), attachment.MessageIDIsNil())
	})
}

// ListRemovable implements chat.Store.
func (s *Store) ListRemovable(ctx context.Context, before time.Time, limit int) ([]chat.Attachment, error) {
	rows, err := s.read.Attachment.Query().
		Where(attachment.RemoveAfterLT(before.UnixMicro())).
		Order(attachment.ByRemoveAfter()).
		Limit(limit).
		All(ctx)
	if err != nil {
		return nil, wrap("list removable", err)
	}
	list := make([]chat.Attachment, len(rows))
	for i, row := range rows {
		list[i] = attachmentOf(row)
	}
	return list, nil
}

// DeleteAttachments implements chat.Store.
func (s *Store) DeleteAttachments(ctx context.Context, removed []chat.Attachment) error {
	return s.change(ctx, "delete attachments", func(ctx context.Context, tx *ent.Tx, _ *feed) error {
		ids := make([]string, len(removed))
		for i, a := range removed {
			ids[i] = a.File.GetId()
		}
		_, err := tx.Attachment.Delete().Where(attachment.IDIn(parseIDs(ids)...)).Exec(ctx)
		return err
	})
}

func attachmentOf(row *ent.Attachment) chat.Attachment {
	a := chat.Attachment{
		ApplicationID:  row.ApplicationID,
		Uploader:       row.UploaderSubject,
		ConversationID: optionalID(row.ConversationID),
		MessageID:      optionalID(row.MessageID),
		CreatedAt:      time.UnixMicro(row.CreatedAt),
		File:           attachmentProto(row),
	}
	if row.RemoveAfter != nil {
		a.RemoveAfter = time.UnixMicro(*row.RemoveAfter)
	}
	return a
}

func attachmentProto(row *ent.Attachment) *chatv1.Attachment {
	return &chatv1.Attachment{
		Id:        row.ID.String(),
		FileName:  row.FileName,
		MediaType: row.MediaType,
		Size:      row.Size,
		Url:       chat.AttachmentURL(row.ID.String()),
		Width:     row.Width,
		Height:    row.Height,
		Sha256:    hex.EncodeToString(row.Sha256),
	}
}
