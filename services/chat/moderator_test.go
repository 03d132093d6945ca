package chat_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/services/chat"
)

// moderator is a moderation service that judges by the first word of a content, and keeps a queue in memory. The real one is
// behind the tests of internal/testenv.
type moderator struct {
	moderationv1.UnimplementedModerationServiceServer

	mu        sync.Mutex
	away      bool
	asked     []*moderationv1.ModerateContentRequest
	queue     map[string]*moderationv1.Review
	unsettled []string
	settled   int
	forgotten map[string]bool
	terms     []*moderationv1.WatchRulesResponse
	changed   chan struct{}
}

// wishes are what the words that a content may begin with ask for.
var wishes = map[string]moderationv1.Rule_Action{
	"reject": moderationv1.Rule_reject, "hold": moderationv1.Rule_hold, "mask": moderationv1.Rule_mask,
	"flag": moderationv1.Rule_flag, "notify": moderationv1.Rule_notify,
}

// withModerator is a world whose chat service has a moderator.
func withModerator(t *testing.T, change ...func(*chat.Config)) (*world, *moderator) {
	t.Helper()
	m := &moderator{queue: map[string]*moderationv1.Review{}, forgotten: map[string]bool{}, changed: make(chan struct{})}
	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: []byte(peerSecret)})
	must(t, err)
	t.Cleanup(verifier.Close)
	policy := auth.Policy{}
	for _, method := range moderationv1.ModerationService_ServiceDesc.Methods {
		policy["/palabre.moderation.v1.ModerationService/"+method.MethodName] = auth.Peers
	}
	for _, stream := range moderationv1.ModerationService_ServiceDesc.Streams {
		policy["/palabre.moderation.v1.ModerationService/"+stream.StreamName] = auth.Peers
	}
	server, err := rpc.NewServer(rpc.Config{
		Verifier: verifier, PeerSecret: []byte(peerSecret), Policy: policy, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	moderationv1.RegisterModerationServiceServer(server, m)
	w := newWorld(t, append(change, func(c *chat.Config) {
		c.Moderation = moderationv1.NewModerationServiceClient(server.Loopback("chat"))
		c.Logger = slog.New(slog.DiscardHandler)
	})...)
	return w, m
}

// change changes the moderator, and wakes who watches it.
func (m *moderator) change(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
	close(m.changed)
	m.changed = make(chan struct{})
}

// ModerateContent does what the first word says. After "like" comes what the text is like.
func (m *moderator) ModerateContent(_ context.Context, req *moderationv1.ModerateContentRequest) (*moderationv1.Verdict, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	m.asked = append(m.asked, req)
	v := &moderationv1.Verdict{Status: moderationv1.Verdict_approved, MaskedContent: req.GetContent(), RulesVersion: 7}
	if text, ok := strings.CutPrefix(req.GetContent(), "like "); ok {
		v.Fingerprint = []byte(text)
	}
	first, rest, _ := strings.Cut(req.GetContent(), " ")
	action, hit := wishes[first]
	if !hit {
		return v, nil
	}
	v.Reasons = []*moderationv1.Reason{
		{Rule: "tried", Action: moderationv1.Rule_reject, DryRun: true},
		{Rule: first, Category: "test", End: int32(len(first)), Message: "Ce mot.", Action: action},
	}
	switch action {
	case moderationv1.Rule_reject:
		v.Status = moderationv1.Verdict_rejected
	case moderationv1.Rule_hold:
		v.Status = moderationv1.Verdict_pending
	case moderationv1.Rule_mask:
		v.MaskedContent, v.IsMasked = strings.Repeat("*", len(first))+" "+rest, true
	}
	return v, nil
}

// HoldMessage puts a message into the queue once.
func (m *moderator) HoldMessage(_ context.Context, req *moderationv1.HoldMessageRequest) (*moderationv1.HoldMessageResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queue[req.GetReview().GetMessageId()] == nil {
		m.queue[req.GetReview().GetMessageId()] = proto.CloneOf(req.GetReview())
	}
	return &moderationv1.HoldMessageResponse{}, nil
}

// ListWaitingMessages answers what waits unpublished and was written before, one at a time.
func (m *moderator) ListWaitingMessages(
	_ context.Context, req *moderationv1.ListWaitingMessagesRequest,
) (*moderationv1.ListWaitingMessagesResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.queue)) {
		r := m.queue[id]
		if id > req.GetAfterMessageId() && !r.GetIsPublished() && r.GetCreatedAt().AsTime().Before(req.GetHeldBefore().AsTime()) {
			waiting := &moderationv1.WaitingMessage{ApplicationId: r.GetApplicationId(), MessageId: id, HeldAt: r.GetCreatedAt()}
			return &moderationv1.ListWaitingMessagesResponse{Messages: []*moderationv1.WaitingMessage{waiting}}, nil
		}
	}
	return &moderationv1.ListWaitingMessagesResponse{}, nil
}

// DropWaitingMessages takes messages out of the queue.
func (m *moderator) DropWaitingMessages(
	_ context.Context, req *moderationv1.DropWaitingMessagesRequest,
) (*moderationv1.DropWaitingMessagesResponse, error) {
	m.change(func() {
		for _, waiting := range req.GetMessages() {
			delete(m.queue, waiting.GetMessageId())
		}
	})
	return &moderationv1.DropWaitingMessagesResponse{}, nil
}

// decide is a moderator's decision.
func (m *moderator) decide(messageID string, to moderationv1.Verdict_Status) {
	m.change(func() {
		r := m.queue[messageID]
		r.Status, r.ReviewedAt = to, timestamppb.Now()
		m.unsettled = append(m.unsettled, messageID)
	})
}

// WatchDecisions sends what is unsettled whenever something changes, so that decisions come more than once.
func (m *moderator) WatchDecisions(_ *moderationv1.WatchDecisionsRequest, stream grpc.ServerStreamingServer[moderationv1.WatchDecisionsResponse]) error {
	return watch(stream.Context(), m, func() []*moderationv1.WatchDecisionsResponse {
		var decisions []*moderationv1.WatchDecisionsResponse
		for _, id := range m.unsettled {
			decisions = append(decisions, &moderationv1.WatchDecisionsResponse{Review: proto.CloneOf(m.queue[id])})
		}
		return decisions
	}, stream.Send)
}

// SettleDecisions takes decisions as done.
func (m *moderator) SettleDecisions(_ context.Context, req *moderationv1.SettleDecisionsRequest) (*moderationv1.SettleDecisionsResponse, error) {
	m.change(func() {
		for _, d := range req.GetDecisions() {
			waits := slices.Contains(m.unsettled, d.GetMessageId())
			if waits && m.queue[d.GetMessageId()].GetReviewedAt().AsTime().Equal(d.GetReviewedAt().AsTime()) {
				m.unsettled = slices.DeleteFunc(m.unsettled, func(id string) bool { return id == d.GetMessageId() })
				m.settled++
			}
		}
	})
	return &moderationv1.SettleDecisionsResponse{}, nil
}

// ForgetMessages takes note.
func (m *moderator) ForgetMessages(_ context.Context, req *moderationv1.ForgetMessagesRequest) (*moderationv1.ForgetMessagesResponse, error) {
	m.mu.Lock()
	away := m.away
	m.mu.Unlock()
	if away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	m.change(func() {
		for _, id := range req.GetMessageIds() {
			m.forgotten[id] = true
		}
	})
	return &moderationv1.ForgetMessagesResponse{}, nil
}

// WatchRules sends all terms whenever something changes.
func (m *moderator) WatchRules(_ *moderationv1.WatchRulesRequest, stream grpc.ServerStreamingServer[moderationv1.WatchRulesResponse]) error {
	return watch(stream.Context(), m, func() []*moderationv1.WatchRulesResponse { return m.terms }, stream.Send)
}

// watch sends what there is, now and after each change.
func watch[T any](ctx context.Context, m *moderator, all func() []T, send func(T) error) error {
	for {
		m.mu.Lock()
		list, changed := all(), m.changed
		m.mu.Unlock()
		for _, one := range list {
			if err := send(one); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// until waits until something holds of the moderator.
func (m *moderator) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		m.mu.Lock()
		done, changed := holds(), m.changed
		m.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// inQueue answers what is in the queue.
func (m *moderator) inQueue() map[string]*moderationv1.Review {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.queue)
}
