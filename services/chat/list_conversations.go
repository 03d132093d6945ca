package chat

import (
	"context"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ListConversations pages through the caller's conversations.
func (s *Service) ListConversations(ctx context.Context, req *chatv1.ListConversationsRequest) (*chatv1.ListConversationsResponse, error) {
	p := caller(ctx)
	me, err := subject(p)
	if err != nil {
		return nil, err
	}
	types, some := s.features[p.ApplicationID].offered(req.GetTypes())
	if !some {
		return &chatv1.ListConversationsResponse{}, nil
	}
	q := ConversationsQuery{
		ApplicationID: p.ApplicationID,
		Subject:       me,
		Types:         types,
		Limit:         pageSize(req.GetLimit(), 50),
		Now:           s.now(),
	}
	if req.GetPageToken() != "" {
		q.After = new(ConversationKey)
		if err := parsePageToken(req.GetPageToken(), q.After); err != nil {
			return nil, err
		}
	}
	// One more than asked tells whether there is another page.
	q.Limit++
	list, err := s.store.ListConversations(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListConversationsResponse{Conversations: list}
	if len(list) == q.Limit {
		answer.Conversations = list[:q.Limit-1]
		last := answer.Conversations[q.Limit-2]
		answer.NextPageToken = pageToken(KeyOf(last))
	}
	for _, c := range answer.GetConversations() {
		s.names.fill(ctx, p.ApplicationID, c.GetParticipants())
	}
	return answer, nil
}

// KeyOf is a conversation's place in a list.
func KeyOf(c *chatv1.Conversation) ConversationKey {
	activity := c.GetCreatedAt()
	if c.GetLastMessage() != nil {
		activity = c.GetLastMessage().GetCreatedAt()
	}
	return ConversationKey{Pinned: c.GetIsPinned(), LastActivityAt: activity.AsTime().UnixMicro(), ID: c.GetId()}
}
