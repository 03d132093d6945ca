package entstore

import (
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat"
)

func timestamp(micros int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micros)) }

func optionalTimestamp(micros *int64) *timestamppb.Timestamp {
	if micros == nil {
		return nil
	}
	return timestamp(*micros)
}

func micros(t *timestamppb.Timestamp) int64 { return t.AsTime().UnixMicro() }

func optionalMicros(t *timestamppb.Timestamp) *int64 {
	if t == nil {
		return nil
	}
	m := micros(t)
	return &m
}

func optionalID(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

func conversationProto(row *ent.Conversation) *chatv1.Conversation {
	return &chatv1.Conversation{
		Id:               row.ID.String(),
		ApplicationId:    row.ApplicationID,
		Type:             chatv1.Conversation_Type(chatv1.Conversation_Type_value[row.Type]),
		Title:            row.Title,
		ReplyPermission:  chatv1.Conversation_ReplyPermission(chatv1.Conversation_ReplyPermission_value[row.ReplyPermission]),
		CreatedAt:        timestamp(row.CreatedAt),
		UpdatedAt:        timestamp(row.UpdatedAt),
		IsPinned:         row.IsPinned,
		ExpiryDate:       optionalTimestamp(row.ExpiresAt),
		ParticipantCount: row.ParticipantCount,
		CreatedBy:        row.CreatedBy,
		LastSeq:          row.LastSeq,
	}
}

func participantProto(row *ent.Participant) *chatv1.Participant {
	p := &chatv1.Participant{
		Id:                row.ID.String(),
		ConversationId:    row.ConversationID.String(),
		UserId:            row.Subject,
		Role:              chatv1.Participant_Role(chatv1.Participant_Role_value[row.Role]),
		JoinedAt:          timestamp(row.JoinedAt),
		ViaTarget:         row.ViaTarget,
		CanReply:          row.CanReply,
		LastReadMessageId: optionalID(row.LastReadMessageID),
		DeliveredSeq:      row.DeliveredSeq,
		ReadSeq:           row.ReadSeq,
	}
	if visitor, ok := chat.VisitorID(row.Subject); ok {
		p.UserId, p.AnonymousId = "", visitor
	} else {
		p.AnonymousId = optionalID(row.AnonymousID)
	}
	return p
}

// visitorOf fails on metadata that is no JSON object, which nobody wrote.
func visitorOf(row *ent.AnonymousUser) (chat.Visitor, error) {
	v := chat.Visitor{
		ApplicationID:  row.ApplicationID,
		ConversationID: optionalID(row.ConversationID),
		AddressHash:    row.AddressHash,
		Erased:         row.ErasedAt != nil,
		AnonymousUser: &chatv1.AnonymousUser{
			Id:                row.ID.String(),
			DeviceId:          row.DeviceID,
			Name:              row.Name,
			Email:             row.Email,
			CreatedAt:         timestamp(row.CreatedAt),
			ConvertedToUserId: row.ConvertedToUserID,
		},
	}
	if len(row.Metadata) == 0 {
		return v, nil
	}
	v.AnonymousUser.Metadata = new(structpb.Struct)
	return v, protojson.Unmarshal(row.Metadata, v.AnonymousUser.GetMetadata())
}

func messageProto(row *ent.Message) *chatv1.Message {
	m := &chatv1.Message{
		Id:               row.ID.String(),
		ConversationId:   row.ConversationID.String(),
		ClientMessageId:  row.ClientMessageID,
		SenderId:         row.SenderSubject,
		SenderType:       chatv1.Message_user,
		SenderName:       row.SenderName,
		Content:          row.Content,
		ContentType:      chatv1.Message_ContentType(chatv1.Message_ContentType_value[row.ContentType]),
		CreatedAt:        timestamp(row.CreatedAt),
		DeliveredAt:      optionalTimestamp(row.DeliveredAt),
		ReadAt:           optionalTimestamp(row.ReadAt),
		EditedAt:         optionalTimestamp(row.EditedAt),
		DeletedAt:        optionalTimestamp(row.DeletedAt),
		Status:           messageStatus(row),
		IsAnnouncement:   row.IsAnnouncement,
		IsModerated:      row.IsModerated,
		ModerationStatus: chatv1.Message_ModerationStatus(chatv1.Message_ModerationStatus_value[row.ModerationStatus]),
		ReplyToMessageId: optionalID(row.ReplyToMessageID),
		Attachments:      attachmentProtos(row),
	}
	if row.Seq != nil {
		m.Seq = *row.Seq
	}
	if visitor, ok := chat.VisitorID(row.SenderSubject); ok {
		m.SenderId, m.SenderType = visitor, chatv1.Message_anonymous
	} else if row.SenderSubject == "" {
		m.SenderType = chatv1.Message_system
	}
	return m
}

func messageChangeProto(row *ent.MessageChange) *chatv1.MessageChange {
	return &chatv1.MessageChange{
		Id:        row.ID.String(),
		MessageId: row.MessageID.String(),
		Action:    chatv1.MessageChange_Action(chatv1.MessageChange_Action_value[row.Action]),
		UserId:    row.Subject,
		At:        timestamp(row.CreatedAt),
	}
}

func messageStatus(row *ent.Message) chatv1.Message_Status {
	switch {
	case row.Seq == nil && row.ModerationStatus == chatv1.Message_rejected.String():
		return chatv1.Message_error
	case row.ReadAt != nil:
		return chatv1.Message_read
	case row.DeliveredAt != nil:
		return chatv1.Message_delivered
	default:
		return chatv1.Message_sent
	}
}

// unread is how many messages of others a participant has not read.
func unread(c *ent.Conversation, p *ent.Participant) int32 {
	return int32(max(0, c.LastSeq-p.ReadSeq-p.OwnUnread))
}
