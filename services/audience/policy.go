package audience

import (
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

// Policy says who may call each method at all. Plain members may not look through the directory: names come to them with
// conversations. How far an admin sees is in scope.go.
func Policy() auth.Policy {
	return auth.Policy{
		audiencev1.AudienceService_ResolveAudience_FullMethodName:      auth.Admins | auth.Services | auth.Peers,
		audiencev1.AudienceService_ListAvailableTargets_FullMethodName: auth.Admins | auth.Services,
		audiencev1.AudienceService_AnnouncementStats_FullMethodName:    auth.Admins | auth.Services,
		audiencev1.AudienceService_UpsertUsers_FullMethodName:          auth.Services,
		audiencev1.AudienceService_DeleteUsers_FullMethodName:          auth.Services,
		audiencev1.AudienceService_ListUsers_FullMethodName:            auth.Admins | auth.Services | auth.Peers,
		audiencev1.AudienceService_EnsureUsers_FullMethodName:          auth.Peers,
		// In the author's name, and for components only: the handler sees to that.
		audiencev1.AudienceService_CreateAudience_FullMethodName:    auth.Admins | auth.Services,
		audiencev1.AudienceService_GetAudience_FullMethodName:       auth.Peers,
		audiencev1.AudienceService_DeleteAudience_FullMethodName:    auth.Peers,
		audiencev1.AudienceService_MatchAudience_FullMethodName:     auth.Peers,
		audiencev1.AudienceService_ListUserAudiences_FullMethodName: auth.Peers,
		audiencev1.AudienceService_RecordReceipt_FullMethodName:     auth.Peers,
	}
}
