package moderation_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	"github.com/palabre/palabre/internal/auth"
)

const (
	pending  = moderationv1.Verdict_pending
	approved = moderationv1.Verdict_approved
	rejected = moderationv1.Verdict_rejected
)

// More callers, for reviews: forBob is the back end in bob's name, and carol another admin.
var (
	forBob         = auth.Principal{ApplicationID: app, Kind: auth.KindService, UserID: "bob"}
	carol          = auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: "carol", RoleKind: auth.RoleAdmin, EntityID: "asso-2"}
	adminElsewhere = auth.Principal{ApplicationID: "resalice", Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleSuperAdmin}
	bobElsewhere   = auth.Principal{ApplicationID: "resalice", Kind: auth.KindUser, UserID: "bob", RoleKind: auth.RoleMember}
)

// noon is when the messages of the tests begin to be written.
var noon = time.Date(2024, 11, 25, 12, 0, 0, 0, time.UTC)

// messageOf is one of a sender's that the rule bad_words holds.
func messageOf(sender string) *moderationv1.Review {
	return &moderationv1.Review{
		MessageId:      uuid.NewString(),
		ConversationId: "0190d5a2-7c5b-7000-8000-000000000000",
		SenderId:       sender,
		Content:        "zut",
		CreatedAt:      timestamppb.New(noon),
		Reasons: []*moderationv1.Reason{
			{Rule: "bad_words", Category: "profanity", Action: moderationv1.Rule_hold, End: 3},
			{Rule: "being_tried", Action: moderationv1.Rule_reject, End: 3, DryRun: true},
		},
	}
}

// flagged is a message of bob's that the others saw already.
func flagged() *moderationv1.Review {
	m := messageOf("bob")
	m.IsPublished = true
	return m
}

// moderators is a client, and what tests do with it.
type moderators struct {
	moderationv1.ModerationServiceClient
}

func newModerators(tb testing.TB) moderators {
	tb.Helper()
	return moderators{newClient(tb)}
}

// hold puts a message into the queue, as the chat service does, and answers its id.
func (m moderators) hold(tb testing.TB, review *moderationv1.Review) string {
	tb.Helper()
	_, err := m.HoldMessage(as(tb, chat), &moderationv1.HoldMessageRequest{Review: review})
	must(tb, err)
	return review.GetMessageId()
}

// review is a decision of somebody's.
func (m moderators) review(ctx context.Context, id string, status moderationv1.Verdict_Status) (*moderationv1.Review, error) {
	return m.ReviewMessage(ctx, &moderationv1.ReviewMessageRequest{MessageId: id, Status: status, Note: "vu"})
}

// overturn is a decision over another one.
func (m moderators) overturn(ctx context.Context, id string, status moderationv1.Verdict_Status) (*moderationv1.Review, error) {
	return m.ReviewMessage(ctx, &moderationv1.ReviewMessageRequest{MessageId: id, Status: status, Overturn: true})
}

// decided is a message of bob's on which alice has decided.
func (m moderators) decided(tb testing.TB, review *moderationv1.Review, status moderationv1.Verdict_Status) string {
	tb.Helper()
	id := m.hold(tb, review)
	_, err := m.review(as(tb, admin), id, status)
	must(tb, err)
	return id
}

func (m moderators) appeal(ctx context.Context, id, note string) (*moderationv1.Review, error) {
	return m.AppealMessage(ctx, &moderationv1.AppealMessageRequest{MessageId: id, Note: note})
}

// settle says that all that was decided has been done.
func (m moderators) settle(tb testing.TB, decisions ...*moderationv1.Review) {
	tb.Helper()
	req := &moderationv1.SettleDecisionsRequest{}
	for _, r := range decisions {
		req.Decisions = append(req.Decisions, &moderationv1.Decision{MessageId: r.GetMessageId(), ReviewedAt: r.GetReviewedAt()})
	}
	_, err := m.SettleDecisions(as(tb, allPeer), req)
	must(tb, err)
}

// queue answers the messages that pass, as alice sees them.
func (m moderators) queue(tb testing.TB, req *moderationv1.ListReviewQueueRequest) []*moderationv1.Review {
	tb.Helper()
	answer, err := m.ListReviewQueue(as(tb, admin), req)
	must(tb, err)
	return answer.GetMessages()
}
