package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// maxVisitorMetadata is how many bytes of JSON a host product may keep beside a visitor.
const maxVisitorMetadata = 16 << 10

// StartAnonymousConversation lets a visitor write to a user, or come back to where they wrote.
func (s *Service) StartAnonymousConversation(ctx context.Context, req *chatv1.StartAnonymousConversationRequest) (*chatv1.StartAnonymousConversationResponse, error) {
	if err := s.mayVisit(ctx, req.GetApplicationId()); err != nil {
		return nil, err
	}
	if err := mustBeUser("recipientUserId", req.GetRecipientUserId()); err != nil {
		return nil, err
	}
	before, err := s.earlierVisit(ctx, req.GetRecipientUserId())
	if err != nil {
		return nil, err
	}
	if before != nil {
		return s.receive(ctx, *before)
	}
	v := s.newVisitor(ctx, req)
	if err := s.checkVisitor(ctx, v, req); err != nil {
		return nil, err
	}
	if err := s.store.StartVisit(ctx, v, s.newVisit(v, req.GetRecipientUserId())); err != nil {
		return nil, err
	}
	return s.receive(ctx, v)
}

// mayVisit is the rule of who may start a conversation without account: whoever has no credentials, and a visitor of the
// application. Others have conversations of their own.
func (s *Service) mayVisit(ctx context.Context, applicationID string) error {
	features, served := s.features[applicationID]
	if !served {
		return notFound("application")
	}
	if err := features.offer(chatv1.Conversation_anonymous); err != nil {
		return err
	}
	p, known := auth.FromContext(ctx)
	switch {
	case !known:
		return nil
	case p.Kind != auth.KindVisitor:
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED,
			"This call is for visitors: it is made without credentials, or with the token it answered before.")
	case p.ApplicationID != applicationID:
		return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED, "The token is of another application.")
	}
	return s.admitVisitor(ctx)
}

// earlierVisit answers the visitor whose token came with the call, when it is of a conversation with the recipient that
// goes on; also when that was handed over to a colleague since. Otherwise nil.
func (s *Service) earlierVisit(ctx context.Context, recipientUserID string) (*Visitor, error) {
	p := caller(ctx)
	if p.Kind != auth.KindVisitor {
		return nil, nil
	}
	v, err := s.store.FindVisitor(ctx, p.ApplicationID, p.UserID)
	if err != nil {
		return nil, err
	}
	same, err := s.store.HasTakenPart(ctx, v.ApplicationID, v.ConversationID, recipientUserID)
	if err != nil || !same {
		return nil, err
	}
	c, _, err := s.store.GetMembership(ctx, v.ApplicationID, v.ConversationID, v.Subject())
	if errors.Is(err, ErrNotFound) || err == nil && permission.Expired(c, s.now()) {
		return nil, nil
	}
	return &v, err
}

func (s *Service) newVisitor(ctx context.Context, req *chatv1.StartAnonymousConversationRequest) Visitor {
	return Visitor{
		ApplicationID:  req.GetApplicationId(),
		ConversationID: newID(),
		AddressHash:    s.hashAddress(req.GetApplicationId(), auth.CallerAddressFrom(ctx)),
		AnonymousUser: &chatv1.AnonymousUser{
			Id:        newID(),
			DeviceId:  req.GetDeviceId(),
			Name:      strings.TrimSpace(req.GetName()),
			Email:     req.GetEmail(),
			CreatedAt: timestamppb.New(s.now().Truncate(time.Microsecond)), // as it is kept
			Metadata:  req.GetMetadata(),
		},
	}
}

// checkVisitor refuses a visitor who does not meet the application's terms. What asks others comes last.
func (s *Service) checkVisitor(ctx context.Context, v Visitor, req *chatv1.StartAnonymousConversationRequest) error {
	rules := s.visitorRules(v.ApplicationID)
	metadata, err := protojson.Marshal(v.AnonymousUser.GetMetadata())
	switch {
	case err != nil:
		return invalid("metadata", "is no JSON")
	case len(metadata) > maxVisitorMetadata:
		return invalid("metadata", "has more than 16 KiB")
	case rules.RequireName && v.AnonymousUser.GetName() == "":
		return invalid("name", "is required")
	case rules.RequireEmail && v.AnonymousUser.GetEmail() == "":
		return invalid("email", "is required")
	}
	if err := s.limitVisits(ctx, v, rules); err != nil {
		return err
	}
	if err := s.knownToDirectory(ctx, v.ApplicationID, "recipientUserId", req.GetRecipientUserId()); err != nil {
		return err
	}
	return s.moderateName(ctx, v)
}

// knownToDirectory refuses a user whom the directory does not know, where the application wants it to.
func (s *Service) knownToDirectory(ctx context.Context, applicationID, field, userID string) error {
	if !s.visitorRules(applicationID).RequireKnownRecipient {
		return nil
	}
	answer, err := s.audience.ListUsers(asComponent(ctx, applicationID), &audiencev1.ListUsersRequest{UserIds: []string{userID}, Limit: 1})
	if err != nil {
		return err
	}
	if len(answer.GetUsers()) == 0 {
		return rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "There is no such user.", rpcerr.Field(field, "names no user"))
	}
	return nil
}

// moderateName judges what a visitor calls themself as contents are judged: others read it. What the rules mask of it
// nobody reads.
func (s *Service) moderateName(ctx context.Context, v Visitor) error {
	name := v.AnonymousUser.GetName()
	if name == "" {
		return nil
	}
	verdict, err := s.judge(ctx, v.ApplicationID, &moderationv1.ModerateContentRequest{
		Content:          name,
		Field:            "name",
		SenderId:         v.AnonymousUser.GetId(),
		SenderType:       chatv1.Message_anonymous.String(),
		ConversationId:   v.ConversationID,
		ConversationType: moderatedAs(chatv1.Conversation_anonymous),
	})
	if err != nil {
		return err
	}
	v.AnonymousUser.Name = shown(name, verdict)
	return s.refusalNow(ctx, "name", verdict)
}

// newVisit is the conversation that a visitor begins: the user they write to has it.
func (s *Service) newVisit(v Visitor, recipientUserID string) *chatv1.Conversation {
	at := v.AnonymousUser.GetCreatedAt()
	recipient := newParticipant(v.ConversationID, &chatv1.NewParticipant{UserId: recipientUserID, Role: chatv1.Participant_admin}, at)
	visitor := newParticipant(v.ConversationID, &chatv1.NewParticipant{}, at)
	visitor.AnonymousId = v.AnonymousUser.GetId()
	return &chatv1.Conversation{
		Id:               v.ConversationID,
		ApplicationId:    v.ApplicationID,
		Type:             chatv1.Conversation_anonymous,
		ReplyPermission:  chatv1.Conversation_all,
		CreatedBy:        v.Subject(),
		CreatedAt:        at,
		UpdatedAt:        at,
		Participants:     []*chatv1.Participant{recipient, visitor},
		ParticipantCount: 2,
	}
}

// receive answers a visitor what they go on with: the conversation as it is now, and a token for the time to come.
func (s *Service) receive(ctx context.Context, v Visitor) (*chatv1.StartAnonymousConversationResponse, error) {
	c, _, err := s.store.GetMembership(ctx, v.ApplicationID, v.ConversationID, v.Subject())
	if err != nil {
		return nil, err
	}
	if c, err = s.withParticipants(ctx, c); err != nil {
		return nil, err
	}
	token, err := s.visitorTokens.Sign(auth.VisitorClaims{
		AnonymousID:    v.AnonymousUser.GetId(),
		ConversationID: v.ConversationID,
		ApplicationID:  v.ApplicationID,
		Name:           v.AnonymousUser.GetName(),
		ExpiresAt:      s.now().Add(s.visitorRules(v.ApplicationID).TokenLifetime),
	})
	if err != nil {
		return nil, err
	}
	return &chatv1.StartAnonymousConversationResponse{Conversation: c, AnonymousUser: v.AnonymousUser, Token: token}, nil
}
