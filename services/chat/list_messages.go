package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/services/chat/permission"
)

// historyToken is a place in a conversation's history: below it newest first, or above it oldest first.
type historyToken struct {
	Before int64 `json:"b,omitempty"`
	After  int64 `json:"a,omitempty"`
}

// ListMessages reads a conversation's history.
func (s *Service) ListMessages(ctx context.Context, req *chatv1.ListMessagesRequest) (*chatv1.ListMessagesResponse, error) {
	c, err := s.allowed(ctx, permission.See, req.GetConversationId())
	if err != nil {
		return nil, err
	}
	q := MessagesQuery{
		ApplicationID:  c.GetApplicationId(),
		ConversationID: c.GetId(),
		Limit:          pageSize(req.GetLimit(), 50),
	}
	empty, err := q.place(req, c.GetLastSeq())
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListMessagesResponse{}
	if empty {
		return answer, nil
	}
	if answer.Messages, err = s.store.ListMessages(ctx, q); err != nil {
		return nil, err
	}
	if n := len(answer.GetMessages()); n == q.Limit {
		last := answer.GetMessages()[n-1].GetSeq()
		if q.Ascending && last < c.GetLastSeq() {
			answer.NextPageToken = pageToken(historyToken{After: last})
		}
		if !q.Ascending && last > 1 {
			answer.NextPageToken = pageToken(historyToken{Before: last})
		}
	}
	return answer, nil
}

// place sets where the page begins, and says when nothing can be there. Seqs have no gaps, so a page's number is
// arithmetic: no database counts its way to it.
func (q *MessagesQuery) place(req *chatv1.ListMessagesRequest, lastSeq int64) (empty bool, err error) {
	ways := 0
	for _, given := range []bool{req.GetPage() > 0, req.BeforeSeq != nil, req.AfterSeq != nil, req.GetPageToken() != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways > 1:
		return false, invalid("page", "goes alone: give one of page, beforeSeq, afterSeq and pageToken")
	case req.GetPageToken() != "":
		var token historyToken
		if err := parsePageToken(req.GetPageToken(), &token); err != nil {
			return false, err
		}
		q.Before, q.After, q.Ascending = token.Before, token.After, token.After > 0
	case req.AfterSeq != nil:
		q.After, q.Ascending = req.GetAfterSeq(), true
	case req.BeforeSeq != nil:
		q.Before = req.GetBeforeSeq()
	default:
		q.Before = lastSeq + 1 - int64(max(req.GetPage(), 1)-1)*int64(q.Limit)
	}
	q.Before = min(q.Before, lastSeq+1)
	return !q.Ascending && q.Before <= 1, nil
}
