package entstore_test

import (
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/palabre/palabre/ent/chatnotification"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
)

func TestWhoHasTheConversationIsNotifiedOfAConversion(t *testing.T) {
	db, err := database.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := entstore.New(entstore.Config{Database: db, Bell: new(outbox.Doorbell)})
	v := chat.Visitor{
		ApplicationID: "geosector", ConversationID: uuid.NewString(),
		AnonymousUser: &chatv1.AnonymousUser{Id: uuid.NewString(), CreatedAt: timestamppb.Now()},
	}
	err = s.StartVisit(t.Context(), v, &chatv1.Conversation{
		Id: v.ConversationID, ApplicationId: v.ApplicationID, Type: chatv1.Conversation_anonymous,
		ReplyPermission: chatv1.Conversation_all,
		Participants: []*chatv1.Participant{
			{Id: uuid.NewString(), UserId: "pro", Role: chatv1.Participant_admin},
			{Id: uuid.NewString(), AnonymousId: v.AnonymousUser.GetId(), Role: chatv1.Participant_member},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.ConvertVisitor(t.Context(), v.ApplicationID, v.AnonymousUser.GetId(), "zoe"); err != nil {
			t.Fatal(err)
		}
	}
	n := db.Read.ChatNotification.Query().Where(chatnotification.UserID("pro")).OnlyX(t.Context())
	if n.Type != "visitor_converted" || n.Status != "sent" || n.ConversationID.String() != v.ConversationID || n.ID.Version() != 7 {
		t.Errorf("the notification is %v", n)
	}
	if db.Read.ChatNotification.Query().CountX(t.Context()) != 1 {
		t.Error("somebody else is notified")
	}
}
