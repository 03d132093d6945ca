package chat

import (
	"context"

	"google.golang.org/grpc/codes"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// Features are the parts of the product that an application can have switched off.
type Features struct {
	Groups        bool `yaml:"groups"`
	Announcements bool `yaml:"announcements"`
	Anonymous     bool `yaml:"anonymous"`
	Attachments   bool `yaml:"attachments"`
	Presence      bool `yaml:"presence"`
}

// needed answers the feature that a type of conversation needs and whether it is on; no name when it needs none.
func (f Features) needed(t chatv1.Conversation_Type) (feature string, on bool) {
	switch t {
	case chatv1.Conversation_group, chatv1.Conversation_broadcast:
		return "groups", f.Groups
	case chatv1.Conversation_announcement:
		return "announcements", f.Announcements
	case chatv1.Conversation_anonymous:
		return "anonymous", f.Anonymous
	default:
		return "", true
	}
}

// offer answers an error when conversations of a type need a feature that is off.
func (f Features) offer(t chatv1.Conversation_Type) error {
	feature, on := f.needed(t)
	if on {
		return nil
	}
	return featureDisabled(feature)
}

func featureDisabled(feature string) error {
	return rpcerr.New(codes.PermissionDenied, rpcv1.ErrorReason_FEATURE_DISABLED,
		"This application has "+feature+" switched off.", rpcerr.Metadata("feature", feature))
}

// offerEverything says that conversations of all types are there.
func (f Features) offerEverything() bool { return f.Groups && f.Announcements && f.Anonymous }

// offers answers an error when a conversation needs a feature that the caller's application has switched off. It looks at
// the conversation only where there can be such.
func (s *Service) offers(ctx context.Context, conversationID string) error {
	if s.features[caller(ctx).ApplicationID].offerEverything() {
		return nil
	}
	_, _, err := s.visible(ctx, conversationID)
	return err
}

// offered answers which of the types that a list is to be of are there. None means all, asked and answered.
func (f Features) offered(types []chatv1.Conversation_Type) []chatv1.Conversation_Type {
	if f.offerEverything() {
		return types
	}
	// No conversation is of it: where nothing is offered, nothing is found.
	there := []chatv1.Conversation_Type{chatv1.Conversation_type_unspecified}
	if len(types) == 0 {
		types = allTypes
	}
	for _, t := range types {
		if _, on := f.needed(t); on {
			there = append(there, t)
		}
	}
	return there
}

// allTypes is never written to.
var allTypes = []chatv1.Conversation_Type{
	chatv1.Conversation_one_to_one, chatv1.Conversation_group, chatv1.Conversation_anonymous,
	chatv1.Conversation_broadcast, chatv1.Conversation_announcement,
}
