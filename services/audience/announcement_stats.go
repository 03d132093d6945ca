package audience

import (
	"context"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	"github.com/palabre/palabre/internal/auth"
)

// defaultReaders is how many readers, and how many non-readers, a page of AnnouncementStats has when nobody said.
const defaultReaders = 50

// AnnouncementStats counts an announcement's audience, and pages through who has read it and who has not.
func (s *Service) AnnouncementStats(ctx context.Context, req *audiencev1.AnnouncementStatsRequest) (*audiencev1.AnnouncementStatsResponse, error) {
	if err := s.announces(ctx); err != nil {
		return nil, err
	}
	a, query, err := s.surveyQuery(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(a.GetTargets()) == 0 {
		return nil, ErrNotFound // It is being deleted.
	}
	limit := query.Limit
	query.Limit++ // One more tells whether a list goes on after this page.
	found, err := s.store.Survey(ctx, query)
	if err != nil {
		return nil, err
	}
	answer := &audiencev1.AnnouncementStatsResponse{
		AudienceCount:  found.Audience,
		DeliveredCount: found.Delivered,
		ReadCount:      found.Read,
		UnreadCount:    found.Audience - found.Read,
	}
	next := statsToken{}
	answer.Readers, next.readers = cut(found.Readers, limit)
	answer.NonReaders, next.nonReaders = cut(found.NonReaders, limit)
	if !next.readers.Ended || !next.nonReaders.Ended {
		answer.NextPageToken = pageToken(next.String())
	}
	return answer, nil
}

// surveyQuery answers the announcement that is asked for, if the caller may see how far it has come, and what to ask.
func (s *Service) surveyQuery(ctx context.Context, req *audiencev1.AnnouncementStatsRequest) (*audiencev1.Audience, SurveyQuery, error) {
	caller, _ := auth.FromContext(ctx)
	begin, err := parseStatsToken(req.GetPageToken())
	if err != nil {
		return nil, SurveyQuery{}, err
	}
	a, err := s.store.GetAudience(ctx, caller.ApplicationID, req.GetId())
	if err != nil {
		return nil, SurveyQuery{}, err
	}
	if !seesStats(caller, a) {
		return nil, SurveyQuery{}, ErrNotFound
	}
	return a, SurveyQuery{
		ApplicationID:  caller.ApplicationID,
		ConversationID: a.GetConversationId(),
		AnyOf:          selectionsOf(a),
		Readers:        begin.readers,
		NonReaders:     begin.nonReaders,
		Limit:          orDefault(req.GetLimit(), defaultReaders),
	}, nil
}

// seesStats says whether a caller whom the policy lets in may see an announcement's statistics.
func seesStats(caller auth.Principal, a *audiencev1.Audience) bool {
	return caller.Kind != auth.KindUser || caller.RoleKind == auth.RoleSuperAdmin || caller.UserID == a.GetAuthorId()
}

// cut answers a page of a list that has one more than the page when it goes on, and where the next page begins.
func cut(list []*audiencev1.Reader, limit int) ([]*audiencev1.Reader, Place) {
	if len(list) <= limit {
		return list, Place{Ended: true}
	}
	return list[:limit], Place{After: list[limit-1].GetUserId()}
}
