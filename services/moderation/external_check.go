package moderation

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// ExternalCheck looks at the contents of an application that its rules let pass.
type ExternalCheck struct {
	// Classifier is asked.
	Classifier Classifier
	// Timeout is how long it has to answer, while the message waits; 1 s when zero.
	Timeout time.Duration
	// OnFailure is what becomes of a content that it has no answer to.
	OnFailure OnFailure
}

// Classifier says what to do with a content. It may answer anything: what is no answer is a failure.
type Classifier interface {
	Classify(ctx context.Context, req *moderationv1.ClassifyRequest) (*moderationv1.ClassifyResponse, error)
}

// OnFailure is what becomes of a content that an external check has no answer to.
type OnFailure string

// What may become of it.
const (
	// FailureApproves lets it pass; as does an OnFailure that says nothing.
	FailureApproves OnFailure = "approve"
	// FailureHolds has a moderator look at it.
	FailureHolds OnFailure = "hold"
)

const (
	defaultExternalTimeout = time.Second
	// longestExternalTimeout is less than the callers of the chat service wait.
	longestExternalTimeout = 10 * time.Second
)

// Validate names the field that cannot be.
func (c ExternalCheck) Validate() error {
	switch {
	case c.Classifier == nil:
		return fmt.Errorf("url: is missing")
	case c.Timeout < 0 || c.Timeout > longestExternalTimeout:
		return fmt.Errorf("timeout: %v is not above 0 and up to %v", c.Timeout, longestExternalTimeout)
	case !slices.Contains([]OnFailure{"", FailureApproves, FailureHolds}, c.OnFailure):
		return fmt.Errorf("on_failure: %q is neither approve nor hold", c.OnFailure)
	}
	return nil
}

// askOutside asks the application's external check about a content, and writes into the verdict what it says.
func (s *Service) askOutside(ctx context.Context, application string, req *moderationv1.ModerateContentRequest, verdict *moderationv1.Verdict) {
	check, ok := s.external[application]
	if !ok || req.GetContent() == "" {
		return
	}
	answer := s.classify(ctx, application, check, req)
	if answer == nil {
		answer = &moderationv1.ClassifyResponse{Status: moderationv1.Verdict_approved}
		if check.OnFailure == FailureHolds {
			answer.Status = moderationv1.Verdict_pending
		}
	}
	addAnswer(verdict, answer, req)
}

// classify answers what a classifier says, or nil: it has no answer, or had none again and again a moment ago.
func (s *Service) classify(
	ctx context.Context, application string, check ExternalCheck, req *moderationv1.ModerateContentRequest,
) *moderationv1.ClassifyResponse {
	breaker := s.breakers[application]
	if !breaker.allows(s.now()) {
		s.metrics.checks.WithLabelValues(application, resultSkipped).Inc()
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, cmp.Or(check.Timeout, defaultExternalTimeout))
	defer cancel()
	answer, err := check.Classifier.Classify(asking, classifyRequest(application, req))
	if err == nil {
		err = checkAnswer(answer, req.GetContent())
	}
	if err != nil && ctx.Err() != nil {
		return nil // Whoever asked is gone, which says nothing of the classifier.
	}
	s.noteCheck(ctx, application, breaker, err)
	if err != nil {
		return nil
	}
	return answer
}

// noteCheck takes down what came of asking a classifier.
func (s *Service) noteCheck(ctx context.Context, application string, breaker *breaker, err error) {
	result := resultAnswered
	if err != nil {
		result = resultFailed
		s.logger.WarnContext(ctx, "an external check gave no answer", slog.String("application", application), slog.Any("error", err))
	}
	s.metrics.checks.WithLabelValues(application, result).Inc()
	open, changed := breaker.note(s.now(), err != nil)
	if !changed {
		return
	}
	if open {
		s.metrics.open.WithLabelValues(application).Set(1)
		s.logger.WarnContext(ctx, "an external check is left alone for a while", slog.String("application", application), slog.Duration("for", opensFor))
		return
	}
	s.metrics.open.WithLabelValues(application).Set(0)
	s.logger.InfoContext(ctx, "an external check answers again", slog.String("application", application))
}

func classifyRequest(application string, req *moderationv1.ModerateContentRequest) *moderationv1.ClassifyRequest {
	return &moderationv1.ClassifyRequest{
		ApplicationId:    application,
		Content:          req.GetContent(),
		SenderId:         req.GetSenderId(),
		SenderType:       cmp.Or(req.GetSenderType(), "user"),
		ConversationId:   req.GetConversationId(),
		ConversationType: req.GetConversationType(),
		Field:            cmp.Or(req.GetField(), "content"),
		Language:         cmp.Or(req.GetLanguage(), "fr"),
	}
}

// checkAnswer says why an answer is none.
func checkAnswer(answer *moderationv1.ClassifyResponse, content string) error {
	switch answer.GetStatus() {
	case moderationv1.Verdict_approved, moderationv1.Verdict_rejected, moderationv1.Verdict_pending:
	default:
		return fmt.Errorf("status: %v is none of approved, rejected, pending", answer.GetStatus())
	}
	if n := len(answer.GetReasons()); n > maxReasons {
		return fmt.Errorf("reasons: %d are more than %d", n, maxReasons)
	}
	length := int32(utf8.RuneCountInString(content))
	for i, reason := range answer.GetReasons() {
		if reason.GetStart() < 0 || reason.GetStart() > reason.GetEnd() || reason.GetEnd() > length {
			return fmt.Errorf("reasons[%d]: [%d,%d) is no part of the content", i, reason.GetStart(), reason.GetEnd())
		}
		if utf8.RuneCountInString(reason.GetMessage()) > 500 || utf8.RuneCountInString(reason.GetCategory()) > 64 {
			return fmt.Errorf("reasons[%d]: has more to say than 500 characters", i)
		}
	}
	return nil
}

// addAnswer writes an answer into a verdict that approves. One that does not approve has a reason, of the whole content if need
// be.
func addAnswer(verdict *moderationv1.Verdict, answer *moderationv1.ClassifyResponse, req *moderationv1.ModerateContentRequest) {
	verdict.Status = answer.GetStatus()
	if answer.GetStatus() == moderationv1.Verdict_approved {
		return
	}
	if answer.GetStatus() == moderationv1.Verdict_rejected {
		verdict.IsMasked = false
	}
	said := answer.GetReasons()
	if len(said) == 0 {
		said = []*moderationv1.Reason{{End: int32(utf8.RuneCountInString(req.GetContent()))}}
	}
	for _, reason := range said {
		verdict.Reasons = append(verdict.Reasons, externalReason(reason, answer.GetStatus(), req.GetLanguage()))
	}
}

func externalReason(said *moderationv1.Reason, status moderationv1.Verdict_Status, language string) *moderationv1.Reason {
	action := moderationv1.Rule_reject
	if status == moderationv1.Verdict_pending {
		action = moderationv1.Rule_hold
	}
	return &moderationv1.Reason{
		Rule:     ruleExternal,
		Category: cmp.Or(said.GetCategory(), kindExternal.category),
		Start:    said.GetStart(),
		End:      said.GetEnd(),
		Message:  cmp.Or(said.GetMessage(), kindExternal.text(language)),
		Action:   action,
	}
}
