package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// user is one of those made for a run.
type user struct{ id, token string }

// conversation is one of those made for a run.
type conversation struct {
	id    string
	group bool
	// seq is that of its latest message before the run.
	seq int64
	// reader reads its history.
	reader    user
	receivers []user
	ledger    *ledger
}

// caller is a sender, or a reader over REST, and where they send, in turn.
type caller struct {
	user
	turns []*conversation
}

// cast is everybody of a run.
type cast struct {
	conversations []*conversation
	callers       []caller
}

const (
	// setUpAtOnce is how many conversations are made, and clients connected, at the same time.
	setUpAtOnce = 16
	// maxNewParticipants is how many others a conversation can be created with.
	maxNewParticipants = 1000
)

// newName is a name that no other run has.
func newName() string { return strings.ToLower(rand.Text()[:10]) }

// newCast makes the users and, over gRPC, their conversations. Callers and conversations are paired in turn until all of
// both have one.
func newCast(ctx context.Context, c Config, calls *grpcCalls) (*cast, error) {
	all := &cast{conversations: make([]*conversation, c.Conversations), callers: make([]caller, c.Senders)}
	writers := make([]map[string]user, c.Conversations)
	for i := range all.conversations {
		all.conversations[i], writers[i] = &conversation{}, map[string]user{}
	}
	for k := range max(c.Senders, c.Conversations) {
		from, to := &all.callers[k%c.Senders], k%c.Conversations
		if from.id == "" {
			var err error
			if from.user, err = c.user(callerName(c, k)); err != nil {
				return nil, err
			}
		}
		from.turns = append(from.turns, all.conversations[to])
		writers[to][from.id] = from.user
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(setUpAtOnce)
	for i, made := range all.conversations {
		group.Go(func() error { return made.create(ctx, c, calls, i, writers[i]) })
	}
	return all, group.Wait()
}

// callerName is the same for all over REST: any number of readers read what one user sees.
func callerName(c Config, number int) string {
	if c.Over == OverREST {
		number = 0
	}
	return fmt.Sprint("s", number)
}

func (c Config) user(role string) (user, error) {
	id := "bench-" + c.Name + "-" + role
	token, err := c.Token(id)
	if err != nil {
		return user{}, fmt.Errorf("token of %s: %w", id, err)
	}
	return user{id, token}, nil
}

// create makes the conversation of its writers and receivers: a one_to_one when there are no more than two of them.
func (v *conversation) create(ctx context.Context, c Config, calls *grpcCalls, number int, writers map[string]user) error {
	var others []*chatv1.NewParticipant
	for i := range c.Receivers {
		who, err := c.user(fmt.Sprint("c", number, "-r", i))
		if err != nil {
			return err
		}
		v.receivers = append(v.receivers, who)
		others = append(others, &chatv1.NewParticipant{UserId: who.id})
	}
	for id, writer := range writers {
		if v.reader.id == "" {
			v.reader = writer
			continue
		}
		others = append(others, &chatv1.NewParticipant{UserId: id})
	}
	if len(others) == 0 {
		others = append(others, &chatv1.NewParticipant{UserId: fmt.Sprintf("bench-%s-c%d", c.Name, number)})
	}
	v.group = len(others) > 1
	made, err := calls.createConversation(ctx, v.reader, c.Name, others)
	if err != nil {
		return fmt.Errorf("make a conversation: %w", err)
	}
	v.id, v.seq = made.GetId(), made.GetLastSeq()
	v.ledger = newLedger(len(v.receivers), v.seq)
	return nil
}
