package chat

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/presence"
	"github.com/palabre/palabre/internal/rpcerr"
)

// PresenceRegistry knows who is connected. What it knows may be lost at any time.
type PresenceRegistry interface {
	// Report takes note of sessions. After an error all of them may be reported again.
	Report(ctx context.Context, reports []presence.Report) error
	// Look answers what is known of users, in their order.
	Look(ctx context.Context, users []presence.User) ([]presence.State, error)
	// Changes answers the present states of those who came or went since this process asked last.
	Changes(ctx context.Context) ([]presence.State, error)
}

// PresenceTiming is how soon people are told of who comes and goes. Each zero has a default.
type PresenceTiming struct {
	// Digest is how long changes are gathered until they are told together: 1 s.
	Digest time.Duration
	// Return is how long someone who went has to come back without anybody being told: 5 s.
	Return time.Duration
}

func (t PresenceTiming) withDefaults() PresenceTiming {
	setDefault(&t.Digest, time.Second)
	setDefault(&t.Return, 5*time.Second)
	return t
}

// offerPresence answers an error when an application has presence switched off.
func (f Features) offerPresence() error {
	if f.Presence {
		return nil
	}
	return featureDisabled("presence")
}

// presenceUnknown is what callers are told while nobody knows who is connected.
func presenceUnknown() error {
	return rpcerr.New(codes.Unavailable, rpcv1.ErrorReason_UNAVAILABLE, "Who is connected is not known for now.")
}

func presenceProto(s presence.State) *chatv1.Presence {
	p := &chatv1.Presence{UserId: s.User.Subject, Status: chatv1.Presence_offline}
	if s.Online {
		p.Status = chatv1.Presence_online
	} else if !s.LastSeen.IsZero() {
		p.LastSeenAt = timestamppb.New(s.LastSeen)
	}
	return p
}

// usersOf names subjects of an application.
func usersOf(applicationID string, subjects []string) []presence.User {
	users := make([]presence.User, len(subjects))
	for i, subject := range subjects {
		users[i] = presence.User{ApplicationID: applicationID, Subject: subject}
	}
	return users
}

// inOrderOf keeps those of a list who are in another, in the order of the list and each once.
func inOrderOf(list, among []string) []string {
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if slices.Contains(among, s) && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
