package chat

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// CreateConversation starts a one_to_one, group or broadcast conversation.
func (s *Service) CreateConversation(ctx context.Context, req *chatv1.CreateConversationRequest) (*chatv1.Conversation, error) {
	p := caller(ctx)
	if err := s.features[p.ApplicationID].offer(req.GetType()); err != nil {
		return nil, err
	}
	if err := checkParticipants(p, req); err != nil {
		return nil, err
	}
	c := s.newConversation(p, req)
	if permission.Expired(c, s.now()) {
		return nil, invalid("expiryDate", "is over")
	}
	key := ""
	if c.GetType() == chatv1.Conversation_one_to_one {
		if len(c.GetParticipants()) != 2 {
			return nil, invalid("participants", "a one_to_one conversation has exactly two users, the caller among them")
		}
		key = pairKey(c.GetParticipants()[0].GetUserId(), c.GetParticipants()[1].GetUserId())
	}
	var err error
	if c.Title, err = s.moderateText(ctx, "title", c.GetTitle(), c.GetType()); err != nil {
		return nil, err
	}
	stored, _, err := s.store.CreateConversation(ctx, c, key)
	if err != nil {
		return nil, err
	}
	return s.withParticipants(ctx, stored)
}

// newConversation is what the request asks for, with the caller in it, as admin of a group or broadcast.
func (s *Service) newConversation(p auth.Principal, req *chatv1.CreateConversationRequest) *chatv1.Conversation {
	now := timestamppb.New(s.now())
	c := &chatv1.Conversation{
		Id:              newID(),
		ApplicationId:   p.ApplicationID,
		Type:            req.GetType(),
		Title:           strings.TrimSpace(req.GetTitle()),
		ReplyPermission: req.GetReplyPermission(),
		ExpiryDate:      req.GetExpiryDate(),
		CreatedBy:       p.Subject(),
		CreatedAt:       now,
		UpdatedAt:       now,
	}
	if c.GetReplyPermission() == chatv1.Conversation_reply_permission_unspecified {
		c.ReplyPermission = chatv1.Conversation_all
		if c.GetType() == chatv1.Conversation_broadcast {
			c.ReplyPermission = chatv1.Conversation_sender_only
		}
	}
	members := req.GetParticipants()
	if !actsAsItself(p) {
		role := chatv1.Participant_admin
		if c.GetType() == chatv1.Conversation_one_to_one {
			role = chatv1.Participant_member
		}
		members = append([]*chatv1.NewParticipant{{UserId: p.UserID, Role: role}}, members...)
	}
	present := map[string]bool{}
	for _, m := range members {
		if present[m.GetUserId()] {
			continue
		}
		present[m.GetUserId()] = true
		c.Participants = append(c.Participants, newParticipant(c.GetId(), m, now))
	}
	c.ParticipantCount = int32(len(c.GetParticipants()))
	return c
}

// checkParticipants refuses who cannot take part, and roles that the type does not know.
func checkParticipants(p auth.Principal, req *chatv1.CreateConversationRequest) error {
	hasAdmin := !actsAsItself(p)
	for i, m := range req.GetParticipants() {
		if strings.HasPrefix(m.GetUserId(), visitorPrefix) {
			return invalid(fmt.Sprintf("participants[%d].userId", i), "must not begin with anon:, which is kept for visitors")
		}
		if m.GetUserId() == p.Subject() {
			continue // Whoever creates it is in it already.
		}
		if fault := unfit(req.GetType(), m.GetRole(), hasAdmin); fault != "" {
			return invalid(fmt.Sprintf("participants[%d].role", i), fault)
		}
		hasAdmin = hasAdmin || m.GetRole() == chatv1.Participant_admin
	}
	return nil
}

// unfit says what is wrong with a role in a new conversation; nothing when it fits.
func unfit(t chatv1.Conversation_Type, role chatv1.Participant_Role, hasAdmin bool) string {
	admin, readOnly := role == chatv1.Participant_admin, role == chatv1.Participant_read_only
	switch {
	case t == chatv1.Conversation_one_to_one && (admin || readOnly):
		return "is for groups and broadcasts: the two of a one_to_one are equals"
	case t == chatv1.Conversation_broadcast && admin && hasAdmin:
		return "makes a second admin: a broadcast begins with the one who writes"
	default:
		return ""
	}
}

func newParticipant(conversationID string, m *chatv1.NewParticipant, joinedAt *timestamppb.Timestamp) *chatv1.Participant {
	role := m.GetRole()
	if role == chatv1.Participant_role_unspecified {
		role = chatv1.Participant_member
	}
	return &chatv1.Participant{
		Id:             newID(),
		ConversationId: conversationID,
		UserId:         m.GetUserId(),
		Role:           role,
		CanReply:       m.CanReply,
		JoinedAt:       joinedAt,
	}
}

// maxParticipantsShown is how many participants come with a single conversation.
const maxParticipantsShown = 200

// withParticipants completes a conversation that is answered alone.
func (s *Service) withParticipants(ctx context.Context, c *chatv1.Conversation) (*chatv1.Conversation, error) {
	members, err := s.store.ListParticipants(ctx, c.GetApplicationId(), c.GetId(), ParticipantKey{}, maxParticipantsShown)
	if err != nil {
		return nil, err
	}
	s.names.fill(ctx, c.GetApplicationId(), members)
	c.Participants = members
	return c, nil
}

func invalid(field, description string) error {
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		"The request is not valid: "+field+" "+description+".", rpcerr.Field(field, description))
}
