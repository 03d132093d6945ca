package mqttgw_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
)

const peerSecret = "the secret of a deployment that exists in tests only"

// chatService is the other side of the gateway's calls: a ChatService in memory, behind the real chain of internal/rpc.
type chatService struct {
	chatv1.UnimplementedChatServiceServer

	mu           sync.Mutex
	sent         []*chatv1.Message          // what was stored, in order
	senders      []auth.Principal           // who sent it
	byKey        map[string]*chatv1.Message // by sender, conversation and client message id
	receipts     []string
	members      map[string][]*chatv1.Participant // by conversation
	calls        map[string]int
	events       []*chatv1.StreamEventsResponse // the one with cursor n at n-1
	more         chan struct{}                  // closed when there are more
	acknowledged map[string]int
	streams      int
	pruned       int
	leases       map[string]leaseHolder
	// earlier says that it is one of before leases had secrets.
	earlier  bool
	reported []*chatv1.SessionReport
	news     chan *chatv1.WatchPresenceResponse
	typers   map[chan *chatv1.WatchTypingResponse]struct{}
	// before is asked before anything is done for a call; an error refuses it.
	before func(ctx context.Context, method string, req proto.Message) error
	// breakStreams ends the streams there are.
	breakStreams chan struct{}
}

func newChatService() *chatService {
	return &chatService{
		byKey: map[string]*chatv1.Message{}, members: map[string][]*chatv1.Participant{}, calls: map[string]int{},
		more: make(chan struct{}), acknowledged: map[string]int{}, breakStreams: make(chan struct{}),
		leases: map[string]leaseHolder{}, news: make(chan *chatv1.WatchPresenceResponse, 10),
		typers: map[chan *chatv1.WatchTypingResponse]struct{}{},
	}
}

// client answers a client of the service, as the composition root makes one for the gateway.
func (c *chatService) client(t testing.TB) chatv1.ChatServiceClient {
	t.Helper()
	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: []byte(peerSecret)})
	if err != nil {
		t.Fatal(err)
	}
	policy := auth.Policy{}
	for _, method := range policy.Missing(&chatv1.ChatService_ServiceDesc) {
		policy[method] = auth.Users | auth.Visitors | auth.Peers
	}
	server, err := rpc.NewServer(rpc.Config{Verifier: verifier, PeerSecret: []byte(peerSecret), Policy: policy, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	chatv1.RegisterChatServiceServer(server, c)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = server.Shutdown(ctx)
		verifier.Close()
	})
	return chatv1.NewChatServiceClient(server.Loopback("mqtt"))
}

// enter counts a call, and answers why it is refused.
func (c *chatService) enter(ctx context.Context, method string, req proto.Message) error {
	c.mu.Lock()
	c.calls[method]++
	before := c.before
	c.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, method, req)
}

func (c *chatService) setBefore(before func(ctx context.Context, method string, req proto.Message) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = before
}

func (c *chatService) called(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}

// contents are what was stored, in order.
func (c *chatService) contents() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, m := range c.sent {
		all = append(all, m.GetContent())
	}
	return all
}

func (c *chatService) SendMessage(ctx context.Context, req *chatv1.SendMessageRequest) (*chatv1.Message, error) {
	if err := c.enter(ctx, "SendMessage", req); err != nil {
		return nil, err
	}
	p, _ := auth.FromContext(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	key := p.ApplicationID + "/" + p.Subject() + "/" + req.GetConversationId() + "/" + req.GetClientMessageId()
	if m, ok := c.byKey[key]; ok {
		m = proto.CloneOf(m)
		m.Duplicate = proto.Bool(true)
		return m, nil
	}
	m := &chatv1.Message{
		Id: fmt.Sprintf("message-%d", len(c.sent)+1), ConversationId: req.GetConversationId(), Seq: int64(len(c.sent) + 1),
		ClientMessageId: req.GetClientMessageId(), SenderId: p.UserID, Content: req.GetContent(),
		Status: chatv1.Message_sent, ModerationStatus: chatv1.Message_approved,
	}
	if strings.Contains(m.GetContent(), "to be moderated") {
		m.ModerationStatus = chatv1.Message_pending
	}
	c.sent = append(c.sent, m)
	c.senders = append(c.senders, p)
	c.byKey[key] = m
	return proto.CloneOf(m), nil
}

// GetMessage answers a message to anybody of its conversation, which is everybody.
func (c *chatService) GetMessage(_ context.Context, req *chatv1.GetMessageRequest) (*chatv1.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.sent {
		if m.GetId() == req.GetId() {
			return proto.CloneOf(m), nil
		}
	}
	return nil, rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "")
}

func (c *chatService) MarkDelivered(ctx context.Context, req *chatv1.MarkDeliveredRequest) (*chatv1.Participant, error) {
	return c.receipt(ctx, "MarkDelivered", req, req.GetSeq())
}

func (c *chatService) MarkRead(ctx context.Context, req *chatv1.MarkReadRequest) (*chatv1.Participant, error) {
	return c.receipt(ctx, "MarkRead", req, req.GetSeq())
}

func (c *chatService) receipt(ctx context.Context, method string, req proto.Message, seq int64) (*chatv1.Participant, error) {
	if err := c.enter(ctx, method, req); err != nil {
		return nil, err
	}
	p, _ := auth.FromContext(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receipts = append(c.receipts, fmt.Sprintf("%s %s %d", p.Subject(), method, seq))
	return &chatv1.Participant{}, nil
}

func (c *chatService) ListParticipants(ctx context.Context, req *chatv1.ListParticipantsRequest) (*chatv1.ListParticipantsResponse, error) {
	c.mu.Lock()
	all, known := c.members[req.GetConversationId()]
	all = slices.Clone(all)
	c.mu.Unlock()
	// The answer is as of now, however long it takes to arrive.
	if err := c.enter(ctx, "ListParticipants", req); err != nil {
		return nil, err
	}
	if !known {
		return nil, rpcerr.New(codes.NotFound, rpcv1.ErrorReason_NOT_FOUND, "")
	}
	const page = 2 // however many are asked for
	from, _ := strconv.Atoi(req.GetPageToken())
	if from+page >= len(all) {
		return &chatv1.ListParticipantsResponse{Participants: all[from:]}, nil
	}
	return &chatv1.ListParticipantsResponse{Participants: all[from : from+page], NextPageToken: proto.String(strconv.Itoa(from + page))}, nil
}

func (c *chatService) setMembers(conversation string, subjects ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[conversation] = nil
	for _, s := range subjects {
		c.members[conversation] = append(c.members[conversation], participant(s))
	}
}

func participant(subject string) *chatv1.Participant {
	if id, visitor := strings.CutPrefix(subject, "anon:"); visitor {
		return &chatv1.Participant{AnonymousId: id}
	}
	return &chatv1.Participant{UserId: subject}
}

// happens adds an event for some, and answers it.
func (c *chatService) happens(kind, conversation string, of chatv1.Conversation_Type, recipients ...string) *chatv1.Event {
	return c.commit("geosector", &chatv1.Event{Event: kind, ConversationId: conversation}, of, recipients...)
}

func (c *chatService) commit(application string, e *chatv1.Event, of chatv1.Conversation_Type, recipients ...string) *chatv1.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.events) + 1
	e.EventId, e.Cursor, e.At = fmt.Sprintf("event-%d", n), proto.String(strconv.Itoa(n)), timestamppb.Now()
	c.events = append(c.events, &chatv1.StreamEventsResponse{
		Event: e, ApplicationId: application, Recipients: recipients, ConversationType: of,
	})
	close(c.more)
	c.more = make(chan struct{})
	return e
}

func (c *chatService) StreamEvents(req *chatv1.StreamEventsRequest, stream grpc.ServerStreamingServer[chatv1.StreamEventsResponse]) error {
	if err := c.enter(stream.Context(), "StreamEvents", req); err != nil {
		return err
	}
	c.mu.Lock()
	after := len(c.events)
	if at, ok := c.acknowledged[req.GetConsumer()]; ok {
		after = at
	}
	if req.GetCursor() != "" {
		after, _ = strconv.Atoi(req.GetCursor())
	}
	broken, pruned := c.breakStreams, c.pruned
	c.streams++
	c.mu.Unlock()
	if after < pruned {
		return rpcerr.New(codes.OutOfRange, rpcv1.ErrorReason_CURSOR_EXPIRED, "")
	}
	// The in-memory channel sends no headers without content.
	if err := stream.SendHeader(metadata.Pairs("x-palabre-after", strconv.Itoa(after))); err != nil {
		return err
	}
	for {
		c.mu.Lock()
		events, more := c.events[after:], c.more
		c.mu.Unlock()
		for _, e := range events {
			if err := stream.Send(e); err != nil {
				return err
			}
			after++
		}
		select {
		case <-more:
		case <-broken:
			return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "")
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (c *chatService) breaksStreams() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.breakStreams)
	c.breakStreams = make(chan struct{})
}

func (c *chatService) AcknowledgeEvents(ctx context.Context, req *chatv1.AcknowledgeEventsRequest) (*emptypb.Empty, error) {
	if err := c.enter(ctx, "AcknowledgeEvents", req); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acknowledged[req.GetConsumer()], _ = strconv.Atoi(req.GetCursor())
	return &emptypb.Empty{}, nil
}

// leaseHolder is who has a lease, and until when.
type leaseHolder struct {
	owner string
	until time.Time
}

func (c *chatService) setEarlier(earlier bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.earlier = earlier
}

func (c *chatService) HoldLease(ctx context.Context, req *chatv1.HoldLeaseRequest) (*chatv1.HoldLeaseResponse, error) {
	if err := c.enter(ctx, "HoldLease", req); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	has := c.leases[req.GetName()]
	if has.owner != req.GetOwner() && time.Now().Before(has.until) {
		return &chatv1.HoldLeaseResponse{}, nil
	}
	ttl := req.GetTtl().AsDuration()
	c.leases[req.GetName()] = leaseHolder{req.GetOwner(), time.Now().Add(ttl)}
	answer := &chatv1.HoldLeaseResponse{Held: ttl > 0}
	if !c.earlier {
		answer.Secret = "secret-of-" + req.GetName()
	}
	return answer, nil
}

func (c *chatService) ReportPresence(ctx context.Context, req *chatv1.ReportPresenceRequest) (*emptypb.Empty, error) {
	if err := c.enter(ctx, "ReportPresence", req); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reported = append(c.reported, req.GetSessions()...)
	return &emptypb.Empty{}, nil
}

func (c *chatService) WatchPresence(_ *chatv1.WatchPresenceRequest, stream chatv1.ChatService_WatchPresenceServer) error {
	for {
		select {
		case news := <-c.news:
			if err := stream.Send(news); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (c *chatService) ReportTyping(ctx context.Context, req *chatv1.ReportTypingRequest) (*emptypb.Empty, error) {
	if err := c.enter(ctx, "ReportTyping", req); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for watcher := range c.typers {
		watcher <- &chatv1.WatchTypingResponse{ApplicationId: req.GetApplicationId(), Typing: req.GetTyping(), Origin: req.GetOrigin()}
	}
	return &emptypb.Empty{}, nil
}

func (c *chatService) WatchTyping(req *chatv1.WatchTypingRequest, stream chatv1.ChatService_WatchTypingServer) error {
	if err := c.enter(stream.Context(), "WatchTyping", req); err != nil {
		return err
	}
	words := make(chan *chatv1.WatchTypingResponse, 100)
	c.mu.Lock()
	c.typers[words] = struct{}{}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.typers, words)
	}()
	for {
		select {
		case word := <-words:
			if err := stream.Send(word); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// watchedBy is how many gateways watch who types.
func (c *chatService) watchedBy() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.typers)
}

// acknowledgedUpTo is the cursor that the gateway acknowledged last, 0 when none.
func (c *chatService) acknowledgedUpTo() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.acknowledged)["mqtt"]
}

func (c *chatService) ListEvents(ctx context.Context, req *chatv1.ListEventsRequest) (*chatv1.ListEventsResponse, error) {
	if err := c.enter(ctx, "ListEvents", req); err != nil {
		return nil, err
	}
	p, _ := auth.FromContext(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := &chatv1.ListEventsResponse{Status: chatv1.ListEventsResponse_synced, Cursor: strconv.Itoa(len(c.events))}
	if req.GetAfterCursor() == "" {
		return answer, nil
	}
	after, err := strconv.Atoi(req.GetAfterCursor())
	if err != nil {
		return nil, rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR, "", rpcerr.Field("afterCursor", "is no cursor"))
	}
	if after < c.pruned {
		answer.Status = chatv1.ListEventsResponse_resync
		return answer, nil
	}
	for _, e := range c.events[after:] {
		if slices.Contains(e.GetRecipients(), p.Subject()) {
			answer.Events = append(answer.Events, e.GetEvent())
		}
	}
	return answer, nil
}

// failing answers a before that refuses a method's first calls.
func failing(method string, times int, err error) func(context.Context, string, proto.Message) error {
	var mu sync.Mutex
	return func(_ context.Context, called string, _ proto.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if called != method || times == 0 {
			return nil
		}
		times--
		return err
	}
}

const forEver = -1

func unavailable() error {
	return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "", rpcerr.RetryAfter(time.Millisecond))
}
