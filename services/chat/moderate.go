package chat

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
)

// patience is how long an application that lets through what nobody judges waits for a verdict.
const patience = time.Second

// judge asks for the verdict on a content. There is none where the application has no moderator, nor where the moderation
// service is away and the application lets through what it cannot judge.
func (s *Service) judge(ctx context.Context, applicationID string, content *moderationv1.ModerateContentRequest) (*moderationv1.Verdict, error) {
	if !s.terms.of(applicationID).enabled {
		return nil, nil
	}
	content.Language = string(s.languageOf(applicationID))
	if !s.unjudged[applicationID] {
		return s.moderation.ModerateContent(asComponent(ctx, applicationID), content)
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	verdict, err := s.moderation.ModerateContent(asComponent(asking, applicationID), content)
	if err != nil && ctx.Err() == nil && isAway(err) {
		s.logger.WarnContext(ctx, "a content was let through that nobody judged", "application", applicationID, "error", err)
		return nil, nil
	}
	return verdict, err
}

// isAway says that a service could not be reached, or did not answer in time.
func isAway(err error) bool {
	code := rpcerr.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

// judgeMessage asks for the verdict on a message in a conversation.
func (s *Service) judgeMessage(ctx context.Context, m *chatv1.Message) (*moderationv1.Verdict, error) {
	p := caller(ctx)
	if !s.terms.of(p.ApplicationID).enabled {
		return nil, nil
	}
	kind, err := s.types.of(ctx, p.ApplicationID, m.GetConversationId())
	if err != nil {
		return nil, err
	}
	content := s.contentBy(ctx, p)
	content.Content, content.ConversationId, content.ConversationType = m.GetContent(), m.GetConversationId(), kind
	content.SenderId, content.SenderType = m.GetSenderId(), m.GetSenderType().String()
	return s.judge(ctx, p.ApplicationID, content)
}

// contentBy is what the rules may ask about whoever wrote a content.
func (s *Service) contentBy(ctx context.Context, p auth.Principal) *moderationv1.ModerateContentRequest {
	content := &moderationv1.ModerateContentRequest{
		SenderId: p.UserID, SenderType: senderType(p).String(), SenderRole: string(p.RoleKind),
	}
	if p.UserID == "" || p.Kind == auth.KindVisitor {
		return content
	}
	// The rules can do without what a directory that does not answer would say.
	known := s.names.personSoon(ctx, p.ApplicationID, p.UserID, ensureTimeout)
	if content.GetSenderRole() == "" {
		content.SenderRole = string(s.roleOf(p.ApplicationID, known.role))
	}
	content.SenderSince = known.since
	return content
}

// roleOf is what a role of the directory means; whoever has none that means more is a member.
func (s *Service) roleOf(applicationID, role string) auth.RoleKind {
	return cmp.Or(s.roles[applicationID][role], auth.RoleMember)
}

// moderateText answers a text as people may see it that is shown at once, such as a title, or why they may not: there it
// cannot wait for a moderator.
func (s *Service) moderateText(ctx context.Context, field, text string, t chatv1.Conversation_Type) (string, error) {
	if text == "" {
		return "", nil
	}
	p := caller(ctx)
	content := s.contentBy(ctx, p)
	content.Content, content.Field, content.ConversationType = text, field, moderatedAs(t)
	verdict, err := s.judge(ctx, p.ApplicationID, content)
	if err == nil {
		err = s.refusalNow(ctx, field, verdict)
	}
	return shown(text, verdict), err
}

// shown is a text as the rules let it be published.
func shown(text string, v *moderationv1.Verdict) string {
	if v.GetIsMasked() {
		return v.GetMaskedContent()
	}
	return text
}

// refusal says why a content is refused, and nothing when it is not; field is where the caller gave it.
func (s *Service) refusal(ctx context.Context, field string, v *moderationv1.Verdict) error {
	if v.GetStatus() != moderationv1.Verdict_rejected {
		return nil
	}
	return s.refused(ctx, field, "The message was refused by the moderation rules.", v)
}

// refusalNow is refusal for a content that cannot wait until a moderator has looked at it.
func (s *Service) refusalNow(ctx context.Context, field string, v *moderationv1.Verdict) error {
	if v.GetStatus() == moderationv1.Verdict_pending {
		return s.refused(ctx, field, "A moderator would have to look at this, and only new messages can wait for one.", v)
	}
	return s.refusal(ctx, field, v)
}

// refused is a refusal that says what hit, for the sender's eyes.
func (s *Service) refused(ctx context.Context, field, message string, v *moderationv1.Verdict) error {
	options := []rpcerr.Option{rpcerr.Field(field, "was refused by the moderation rules")}
	if hits := effective(v.GetReasons()); len(hits) > 0 {
		hit := hits[0]
		options = append(options,
			rpcerr.Metadata("rule", hit.GetRule()), rpcerr.Metadata("category", hit.GetCategory()),
			rpcerr.Metadata("start", strconv.Itoa(int(hit.GetStart()))), rpcerr.Metadata("end", strconv.Itoa(int(hit.GetEnd()))))
		if hit.GetMessage() != "" {
			message += " " + hit.GetMessage()
			options = append(options, rpcerr.Told(string(s.languageOf(caller(ctx).ApplicationID)), hit.GetMessage()))
		}
	}
	return rpcerr.New(codes.FailedPrecondition, rpcv1.ErrorReason_MESSAGE_REJECTED, message, options...)
}

// maxReasons is how many reasons people are told: enough to see what is wrong.
const maxReasons = 50

// effective are the hits of rules that are not only tried.
func effective(reasons []*moderationv1.Reason) []*moderationv1.Reason {
	var hits []*moderationv1.Reason
	for _, r := range reasons {
		if !r.GetDryRun() && len(hits) < maxReasons {
			hits = append(hits, r)
		}
	}
	return hits
}

// asComponent makes a call to another service as the chat service itself, for an application.
func asComponent(ctx context.Context, applicationID string) context.Context {
	return auth.ActAs(ctx, auth.Principal{ApplicationID: applicationID, Kind: auth.KindPeer, Peer: "chat"})
}
