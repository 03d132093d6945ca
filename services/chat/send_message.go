package chat

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/chat/permission"
)

// SendMessage stores a message and answers it once it is durable.
//
// What the conversation has to say about it is asked in the transaction that stores it, and nowhere else as long as all is
// well. What is refused, repeated, a reply or of an announcement is looked at more closely.
func (s *Service) SendMessage(ctx context.Context, req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
	return s.submit(ctx, req)()
}

// sending is a message on its way. It answers once the message is durable or refused.
type sending func() (*chatv1.Message, error)

func settled(m *chatv1.Message, err error) sending {
	return func() (*chatv1.Message, error) { return m, err }
}

// submit gives a message to the store, behind those that were submitted before.
func (s *Service) submit(ctx context.Context, req *chatv1.SendMessageRequest) sending {
	if err := checkContent(req); err != nil {
		return settled(nil, err)
	}
	p := caller(ctx)
	if err := s.visitorsWelcome(p); err != nil {
		return settled(nil, err)
	}
	if !opens(p, req.GetConversationId()) {
		return settled(nil, s.unseen(ctx, "conversation"))
	}
	if err := s.offersAttachments(p, req.GetAttachmentIds()); err != nil {
		return settled(nil, err)
	}
	draft := s.draft(ctx, req)
	if req.GetReplyToMessageId() != "" {
		if stored, err := s.look(ctx, draft); stored != nil || err != nil {
			return settled(stored, err)
		}
	}
	counted, refusal := s.flood.take(ctx)
	if refusal != nil {
		return settled(s.refuse(ctx, draft, refusal))
	}
	return counted(s.judgeAndStore(ctx, draft))
}

// judgeAndStore gives a message that the rules of moderation let pass to the store, or one that waits for a moderator.
func (s *Service) judgeAndStore(ctx context.Context, d Draft) sending {
	verdict, err := s.judgeMessage(ctx, d.Message)
	if err == nil {
		err = s.refusal(ctx, "content", verdict)
	}
	if err != nil {
		return settled(s.refuse(ctx, d, err))
	}
	fresh, err := s.flood.takeText(ctx, d.Message.GetContent(), verdict)
	if err != nil {
		return settled(s.refuse(ctx, d, err))
	}
	return fresh(s.reviewAndStore(ctx, d, verdict))
}

// reviewAndStore gives a message to the store, and before to the moderators where the rules want them to see it.
func (s *Service) reviewAndStore(ctx context.Context, d Draft, verdict *moderationv1.Verdict) sending {
	if concernsModerators(verdict) {
		if stored, err := s.submitForReview(ctx, d, verdict); stored != nil || err != nil {
			return settled(stored, err)
		}
	}
	d.judged(verdict)
	wait := s.store.SubmitMessage(ctx, d, s.permit(ctx, false))
	return func() (*chatv1.Message, error) {
		stored, duplicate, err := wait()
		return s.answer(ctx, d, stored, duplicate, err)
	}
}

// refuse answers a refusal, unless a look at the conversation answers something else: the same message, stored before, or
// that the sender has no place there.
func (s *Service) refuse(ctx context.Context, d Draft, refusal error) (*chatv1.Message, error) {
	if stored, err := s.look(ctx, d); stored != nil || err != nil {
		return stored, err
	}
	return nil, refusal
}

// look looks at the conversation before anything is stored in it. It answers the message that an earlier call stored, why
// there can be none, or neither.
func (s *Service) look(ctx context.Context, d Draft) (stored *chatv1.Message, err error) {
	c, member, err := s.visible(ctx, d.Message.GetConversationId())
	if err != nil {
		return nil, err
	}
	if stored, err := s.earlier(ctx, d); stored != nil || err != nil {
		return stored, err
	}
	if err := s.may(ctx, permission.Write, c, member); err != nil {
		return nil, err
	}
	if err := s.seated(ctx, c, member); err != nil {
		return nil, err
	}
	return nil, s.checkReference(ctx, c, d.Message.GetReplyToMessageId())
}

// answer is what the caller is told of what became of a message in the store.
func (s *Service) answer(ctx context.Context, d Draft, stored *chatv1.Message, duplicate bool, err error) (*chatv1.Message, error) {
	if errors.Is(err, errLookFirst) {
		if earlier, err := s.look(ctx, d); earlier != nil || err != nil {
			return earlier, err
		}
		stored, duplicate, err = s.store.SubmitMessage(ctx, d, s.permit(ctx, true))()
	}
	if err == nil && duplicate {
		_, _, err = s.visible(ctx, d.Message.GetConversationId()) // They may have lost their place since.
	}
	if errors.Is(err, ErrNotFound) {
		return nil, s.unseen(ctx, "conversation")
	}
	if err != nil {
		return nil, err
	}
	stored.Duplicate = proto.Bool(duplicate)
	return stored, nil
}

// checkContent asks for something to send. Sizes are checked by the rules in the proto.
func checkContent(req *chatv1.SendMessageRequest) error {
	if strings.TrimSpace(req.GetContent()) == "" && len(req.GetAttachmentIds()) == 0 {
		return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_EMPTY_MESSAGE,
			"A message needs a content or an attachment.", rpcerr.Field("content", "is empty"))
	}
	return nil
}

// draft is the message as it will be stored, but for its seq.
func (s *Service) draft(ctx context.Context, req *chatv1.SendMessageRequest) Draft {
	p := caller(ctx)
	m := &chatv1.Message{
		ConversationId:   req.GetConversationId(),
		ClientMessageId:  req.GetClientMessageId(),
		SenderId:         p.UserID,
		SenderType:       senderType(p),
		SenderName:       s.senderName(ctx, p),
		Content:          req.GetContent(),
		ContentType:      req.GetContentType(),
		CreatedAt:        timestamppb.New(s.now()),
		Status:           chatv1.Message_sent,
		ModerationStatus: chatv1.Message_approved,
		ReplyToMessageId: req.GetReplyToMessageId(),
	}
	if m.GetClientMessageId() == "" {
		m.ClientMessageId = newID()
	}
	if m.GetContentType() == chatv1.Message_content_type_unspecified && len(req.GetAttachmentIds()) == 0 {
		m.ContentType = chatv1.Message_text
	}
	m.Id = MessageID(p.ApplicationID, m.GetConversationId(), p.Subject(), m.GetClientMessageId()).String()
	return Draft{
		ApplicationID: p.ApplicationID,
		Message:       m,
		SenderSubject: p.Subject(),
		Fingerprint:   fingerprint(req),
		AttachmentIDs: req.GetAttachmentIds(),
	}
}

func senderType(p auth.Principal) chatv1.Message_SenderType {
	switch {
	case actsAsItself(p):
		return chatv1.Message_system
	case p.Kind == auth.KindVisitor:
		return chatv1.Message_anonymous
	default:
		return chatv1.Message_user
	}
}

// senderName is what the token says, or else the directory; of a visitor, what they called themself.
func (s *Service) senderName(ctx context.Context, p auth.Principal) string {
	if p.Name != "" || p.UserID == "" {
		return p.Name
	}
	if p.Kind == auth.KindVisitor {
		return s.names.ofVisitor(ctx, p.ApplicationID, p.UserID)
	}
	return s.names.of(ctx, p.ApplicationID, p.UserID)
}

// earlier answers the message an earlier call stored under the same id, and nil when there is none. Rules that changed since
// do not refuse what was accepted.
func (s *Service) earlier(ctx context.Context, d Draft) (*chatv1.Message, error) {
	stored, fingerprint, err := s.store.FindMessage(ctx, d.ApplicationID, d.Message.GetId())
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(fingerprint, d.Fingerprint):
		return nil, ErrIdempotencyConflict
	}
	stored.Duplicate = proto.Bool(true)
	return stored, nil
}

// errLookFirst says that the transaction does not know who may write: the audience of an announcement does.
var errLookFirst = errors.New("only the audience knows")

// permit asks the policy of the conversation and the sender's place in it, as they are in the transaction.
func (s *Service) permit(ctx context.Context, looked bool) Permit {
	p := caller(ctx)
	return func(c *chatv1.Conversation, member *chatv1.Participant) error {
		who := permission.Caller{Subject: p.Subject(), Participant: member}
		named := member != nil && member.GetViaTarget() == ""
		switch {
		case c.GetType() == chatv1.Conversation_announcement && !named && !looked:
			return errLookFirst
		case !permission.Sees(c, who, s.now()):
			return ErrNotFound
		}
		if err := s.features[p.ApplicationID].offer(c.GetType()); err != nil {
			return err
		}
		return permission.Check(permission.Write, c, who, s.now())
	}
}

// checkReference makes sure that a reply answers a message of the same conversation.
func (s *Service) checkReference(ctx context.Context, c *chatv1.Conversation, messageID string) error {
	if messageID == "" {
		return nil
	}
	m, _, err := s.store.FindMessage(ctx, c.GetApplicationId(), messageID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if m.GetConversationId() != c.GetId() || !isPublished(m) {
		return invalid("replyToMessageId", "names no message of this conversation")
	}
	return nil
}
