package chat_test

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

func TestListMessages(t *testing.T) {
	w := newWorld(t)
	c := w.group(t, "alice", "bob")
	for range 5 {
		w.send(t, "alice", c.GetId(), "x")
	}
	walk := func(req *chatv1.ListMessagesRequest) (seqs []int64) {
		req.ConversationId, req.Limit = c.GetId(), 2
		for {
			answer, err := w.chat.ListMessages(as(t, "bob"), req)
			must(t, err)
			for _, m := range answer.GetMessages() {
				seqs = append(seqs, m.GetSeq())
			}
			if answer.NextPageToken == nil {
				return seqs
			}
			req = &chatv1.ListMessagesRequest{ConversationId: c.GetId(), Limit: 2, PageToken: answer.GetNextPageToken()}
		}
	}
	seq := func(n int64) *int64 { return &n }
	for name, tt := range map[string]struct {
		req  *chatv1.ListMessagesRequest
		want []int64
	}{
		"all, newest first": {&chatv1.ListMessagesRequest{}, []int64{5, 4, 3, 2, 1}},
		"from page 2 on":    {&chatv1.ListMessagesRequest{Page: 2}, []int64{3, 2, 1}},
		"a page beyond":     {&chatv1.ListMessagesRequest{Page: 9}, nil},
		"below a seq":       {&chatv1.ListMessagesRequest{BeforeSeq: seq(4)}, []int64{3, 2, 1}},
		"below one to come": {&chatv1.ListMessagesRequest{BeforeSeq: seq(100)}, []int64{5, 4, 3, 2, 1}},
		"below the first":   {&chatv1.ListMessagesRequest{BeforeSeq: seq(1)}, nil},
		"above a seq":       {&chatv1.ListMessagesRequest{AfterSeq: seq(1)}, []int64{2, 3, 4, 5}},
		"above none":        {&chatv1.ListMessagesRequest{AfterSeq: seq(0)}, []int64{1, 2, 3, 4, 5}},
		"above the last":    {&chatv1.ListMessagesRequest{AfterSeq: seq(5)}, nil},
	} {
		if got := walk(tt.req); !slices.Equal(got, tt.want) {
			t.Errorf("%s are %v, want %v", name, got, tt.want)
		}
	}
	_, err := w.chat.ListMessages(as(t, "bob"), &chatv1.ListMessagesRequest{ConversationId: c.GetId(), Page: 2, AfterSeq: seq(1)})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	_, err = w.chat.ListMessages(as(t, "bob"), &chatv1.ListMessagesRequest{ConversationId: c.GetId(), PageToken: "!"})
	refused(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_CURSOR)
}
