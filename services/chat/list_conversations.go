package chat

import (
	"context"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// ListConversations pages through the caller's conversations. The first page says what is unread in all of them.
func (s *Service) ListConversations(ctx context.Context, req *chatv1.ListConversationsRequest) (*chatv1.ListConversationsResponse, error) {
	q, err := s.conversationsQuery(ctx, req)
	if err != nil {
		return nil, err
	}
	list, err := s.store.ListConversations(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := &chatv1.ListConversationsResponse{Conversations: list}
	if len(list) == q.Limit {
		answer.Conversations = list[:q.Limit-1]
		answer.NextPageToken = pageToken(KeyOf(list[q.Limit-2]))
	}
	if q.After == nil {
		q.Types = s.features[q.ApplicationID].offered(nil)
		total, err := s.store.CountUnread(ctx, q)
		if err != nil {
			return nil, err
		}
		answer.TotalUnread = proto.Int32(int32(total))
	}
	s.nameParticipants(ctx, q.ApplicationID, answer.GetConversations())
	return answer, nil
}

// conversationsQuery is what the request asks the Store for: one conversation more than that, which tells whether there
// is another page.
func (s *Service) conversationsQuery(ctx context.Context, req *chatv1.ListConversationsRequest) (ConversationsQuery, error) {
	p := caller(ctx)
	me, err := s.subject(ctx)
	if err != nil {
		return ConversationsQuery{}, err
	}
	announcements, err := s.announcementsTo(ctx, p)
	if err != nil {
		return ConversationsQuery{}, err
	}
	q := ConversationsQuery{
		ApplicationID: p.ApplicationID,
		Subject:       me,
		Types:         s.features[p.ApplicationID].offered(req.GetTypes()),
		Announcements: announcements,
		Limit:         pageSize(req.GetLimit(), 50) + 1,
		Now:           s.now(),
	}
	if req.GetPageToken() != "" {
		q.After = new(ConversationKey)
		err = parsePageToken(req.GetPageToken(), q.After)
	}
	return q, err
}

// nameParticipants puts names into the participants of a page of conversations, with one look-up.
func (s *Service) nameParticipants(ctx context.Context, applicationID string, list []*chatv1.Conversation) {
	var all []*chatv1.Participant
	for _, c := range list {
		all = append(all, c.GetParticipants()...)
	}
	s.names.fill(ctx, applicationID, all)
}

// KeyOf is the place in a list of a conversation that came with it.
func KeyOf(c *chatv1.Conversation) ConversationKey {
	return ConversationKey{Pinned: c.GetIsPinned(), LastActivityAt: c.GetLastActivityAt().AsTime().UnixMicro(), ID: c.GetId()}
}
