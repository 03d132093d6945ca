package moderation

import (
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
)

// Policy says who may call each method. Nobody else may ask for a verdict, or they could find out what the rules let pass;
// so whoever may ask may also try rules of their own.
func Policy() auth.Policy {
	return auth.Policy{
		moderationv1.ModerationService_ModerateContent_FullMethodName: auth.Admins | auth.Services | auth.Peers,
		moderationv1.ModerationService_GetRules_FullMethodName:        auth.Admins | auth.Services,
		moderationv1.ModerationService_UpdateRules_FullMethodName:     auth.Admins | auth.Services,
		moderationv1.ModerationService_ListReviewQueue_FullMethodName: auth.Admins | auth.Services,
		moderationv1.ModerationService_ReviewMessage_FullMethodName:   auth.Admins | auth.Services,
		moderationv1.ModerationService_ReviewMessages_FullMethodName:  auth.Admins | auth.Services,
		// Of messages of their own: the handler sees to that.
		moderationv1.ModerationService_AppealMessage_FullMethodName:       auth.Users | auth.Visitors,
		moderationv1.ModerationService_ListModerationLog_FullMethodName:   auth.Admins | auth.Services,
		moderationv1.ModerationService_GetModerationStats_FullMethodName:  auth.Admins | auth.Services,
		moderationv1.ModerationService_HoldMessage_FullMethodName:         auth.Peers,
		moderationv1.ModerationService_ForgetMessages_FullMethodName:      auth.Peers,
		moderationv1.ModerationService_ListWaitingMessages_FullMethodName: auth.Peers,
		moderationv1.ModerationService_DropWaitingMessages_FullMethodName: auth.Peers,
		moderationv1.ModerationService_WatchDecisions_FullMethodName:      auth.Peers,
		moderationv1.ModerationService_SettleDecisions_FullMethodName:     auth.Peers,
		moderationv1.ModerationService_WatchRules_FullMethodName:          auth.Peers,
	}
}
