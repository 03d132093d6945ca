package chat

import (
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

// Policy says who may call each method at all. What they may do there depends on their place in the conversation, and is
// in the folder permission.
func Policy() auth.Policy {
	return auth.Policy{
		chatv1.ChatService_CreateConversation_FullMethodName:         auth.Users | auth.Services,
		chatv1.ChatService_GetConversation_FullMethodName:            auth.Users | auth.Visitors | auth.Services | auth.Peers,
		chatv1.ChatService_ListConversations_FullMethodName:          auth.Users | auth.Visitors,
		chatv1.ChatService_UpdateConversation_FullMethodName:         auth.Users | auth.Services,
		chatv1.ChatService_DeleteConversation_FullMethodName:         auth.Users | auth.Services,
		chatv1.ChatService_PinConversation_FullMethodName:            auth.Users | auth.Services,
		chatv1.ChatService_SetReplyPermission_FullMethodName:         auth.Users | auth.Services,
		chatv1.ChatService_AddParticipant_FullMethodName:             auth.Users | auth.Services,
		chatv1.ChatService_RemoveParticipant_FullMethodName:          auth.Users | auth.Services,
		chatv1.ChatService_UpdateParticipant_FullMethodName:          auth.Users | auth.Services,
		chatv1.ChatService_ListParticipants_FullMethodName:           auth.Users | auth.Visitors | auth.Services | auth.Peers,
		chatv1.ChatService_SendMessage_FullMethodName:                auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_SendMessages_FullMethodName:               auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_GetMessage_FullMethodName:                 auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_ListMessages_FullMethodName:               auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_UpdateMessage_FullMethodName:              auth.Users | auth.Visitors,
		chatv1.ChatService_DeleteMessage_FullMethodName:              auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_ListMessageChanges_FullMethodName:         auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_UploadAttachment_FullMethodName:           auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_GetAttachment_FullMethodName:              auth.Anyone | auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_DownloadAttachment_FullMethodName:         auth.Anyone | auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_IssueAttachmentLink_FullMethodName:        auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_MarkDelivered_FullMethodName:              auth.Users | auth.Visitors,
		chatv1.ChatService_MarkRead_FullMethodName:                   auth.Users | auth.Visitors,
		chatv1.ChatService_StartAnonymousConversation_FullMethodName: auth.Anyone | auth.Visitors,
		chatv1.ChatService_GetAnonymousUser_FullMethodName:           auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_ExportAnonymousUser_FullMethodName:        auth.Visitors | auth.Services,
		chatv1.ChatService_EraseAnonymousUser_FullMethodName:         auth.Visitors | auth.Services,
		chatv1.ChatService_ConvertAnonymousUser_FullMethodName:       auth.Users | auth.Services,
		chatv1.ChatService_TransferConversation_FullMethodName:       auth.Users | auth.Services,
		chatv1.ChatService_CreateAnnouncement_FullMethodName:         auth.Users | auth.Services,
		chatv1.ChatService_ListAnnouncements_FullMethodName:          auth.Users | auth.Services,
		chatv1.ChatService_GetAnnouncement_FullMethodName:            auth.Users | auth.Services,
		chatv1.ChatService_ListNotifications_FullMethodName:          auth.Users,
		chatv1.ChatService_MarkNotificationsRead_FullMethodName:      auth.Users,
		chatv1.ChatService_ListEvents_FullMethodName:                 auth.Users | auth.Visitors,
		chatv1.ChatService_StreamEvents_FullMethodName:               auth.Users | auth.Visitors | auth.Services | auth.Peers,
		chatv1.ChatService_IssueMqttCredentials_FullMethodName:       auth.Users | auth.Visitors,
		chatv1.ChatService_AcknowledgeEvents_FullMethodName:          auth.Peers,
		chatv1.ChatService_HoldLease_FullMethodName:                  auth.Peers,
		chatv1.ChatService_ListPresence_FullMethodName:               auth.Users | auth.Visitors | auth.Services,
		chatv1.ChatService_ReportPresence_FullMethodName:             auth.Peers,
		chatv1.ChatService_WatchPresence_FullMethodName:              auth.Peers,
		chatv1.ChatService_ReportTyping_FullMethodName:               auth.Peers,
		chatv1.ChatService_WatchTyping_FullMethodName:                auth.Peers,
	}
}
