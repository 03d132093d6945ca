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

// maxWaiting is how many messages of the caller's own that wait for a moderator are shown.
const maxWaiting = 50

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
	if isFirstPage(req) {
		if answer.Messages, err = s.pendingOf(ctx, c); err != nil {
			return nil, err
		}
	}
	if empty {
		return answer, nil
	}
	history, err := s.store.ListMessages(ctx, q)
	if err != nil {
		return nil, err
	}
	answer.Messages = append(answer.Messages, history...)
	if len(history) == q.Limit {
		last := history[q.Limit-1].GetSeq()
		if q.Ascending && last < c.GetLastSeq() {
			answer.NextPageToken = pageToken(historyToken{After: last})
		}
		if !q.Ascending && last > 1 {
			answer.NextPageToken = pageToken(historyToken{Before: last})
		}
	}
	return answer, nil
}

// isFirstPage says that a page begins at the end of the history.
func isFirstPage(req *chatv1.ListMessagesRequest) bool {
	return req.GetPage() <= 1 && req.BeforeSeq == nil && req.AfterSeq == nil && req.GetPageToken() == ""
}

// pendingOf answers the caller's own messages that wait for a moderator. They come before the newest, which has been
// published already; who reads on finds them no more.
func (s *Service) pendingOf(ctx context.Context, c *chatv1.Conversation) ([]*chatv1.Message, error) {
	p := caller(ctx)
	if actsAsItself(p) {
		return nil, nil
	}
	return s.store.ListPending(ctx, p.ApplicationID, c.GetId(), p.Subject(), maxWaiting)
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
