package chat_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/internal/database"
	"github.com/palabre/palabre/internal/outbox"
	"github.com/palabre/palabre/internal/rpc"
	"github.com/palabre/palabre/internal/rpcerr"
	"github.com/palabre/palabre/services/audience"
	audiencestore "github.com/palabre/palabre/services/audience/entstore"
	"github.com/palabre/palabre/services/chat"
	"github.com/palabre/palabre/services/chat/entstore"
	"github.com/palabre/palabre/services/moderation"
	moderationstore "github.com/palabre/palabre/services/moderation/entstore"
)

const (
	app        = "geosector"
	plain      = "resalice" // an application with everything switched off
	neighbour  = "voisin"   // one with everything switched on, as app has
	peerSecret = "test-secret-of-the-deployment-0123456789"
)

// world is the three services on SQLite, behind the real interceptors.
type world struct {
	chat       chatv1.ChatServiceClient
	service    *chat.Service
	audience   audiencev1.AudienceServiceClient
	moderation moderationv1.ModerationServiceClient
	clock      *clock
	db         *database.DB
	// features are what the applications have switched on.
	features map[string]chat.Features
	// vault has the bytes of files.
	vault *vault
	// terms are the applications' for visitors.
	terms map[string]chat.VisitorRules
}

func newWorld(t testing.TB, change ...func(*chat.Config)) *world {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "palabre.db")})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(t.Context())
	must(t, err)

	verifier, err := auth.NewVerifier(auth.Config{PeerSecret: []byte(peerSecret), Applications: map[string]auth.ApplicationConfig{app: {}, plain: {}, neighbour: {}}})
	must(t, err)
	t.Cleanup(verifier.Close)
	server, err := rpc.NewServer(rpc.Config{
		Verifier:   verifier,
		PeerSecret: []byte(peerSecret),
		Policy:     auth.MergePolicies(chat.Policy(), moderation.Policy(), audience.Policy()),
		Errors:     rpcerr.MergeTables(chat.Errors(), moderation.Errors(), audience.Errors()),
		Logger:     slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })

	directory, err := audience.New(audience.Config{Store: audiencestore.New(audiencestore.Config{Database: db})})
	must(t, err)
	directory.Register(server)
	moderator, err := moderation.New(moderation.Config{
		Rules: map[string]*moderationv1.Rules{app: {ModeratorEnabled: true, BadWords: []string{"zut"}}},
		Store: moderationstore.New(moderationstore.Config{Database: db}),
		Bell:  new(outbox.Doorbell),
	})
	must(t, err)
	moderator.Register(server)

	w := &world{
		db:    db,
		vault: newVault(t),
		clock: &clock{now: time.Now().Truncate(time.Microsecond)}, // as fine as databases keep it
		terms: map[string]chat.VisitorRules{},
		features: map[string]chat.Features{
			app:       {Groups: true, Announcements: true, Anonymous: true, Attachments: true, Presence: true},
			neighbour: {Groups: true, Announcements: true, Anonymous: true, Attachments: true, Presence: true},
			plain:     {},
		},
	}
	bell, announced := new(outbox.Doorbell), new(outbox.Doorbell)
	config := chat.Config{
		Store:      entstore.New(entstore.Config{Database: db, Bell: bell, Announced: announced}),
		Moderation: moderationv1.NewModerationServiceClient(server.Loopback("chat")),
		Audience:   audiencev1.NewAudienceServiceClient(server.Loopback("chat")),
		Features:   w.features,
		Blobs:      w.vault,
		Visitors:   w.terms,
		Languages:  map[string]chat.Language{app: chat.English},
		Secret:     []byte(peerSecret),
		Bell:       bell,
		Announced:  announced,
		Now:        w.clock.Now,
	}
	for _, f := range change {
		f(&config)
	}
	service, err := chat.New(config)
	must(t, err)
	service.Register(server)
	w.service = service
	w.chat = chatv1.NewChatServiceClient(server.Loopback("test"))
	w.audience = audiencev1.NewAudienceServiceClient(server.Loopback("test"))
	w.moderation = moderationv1.NewModerationServiceClient(server.Loopback("test"))
	return w
}

// as makes calls in a user's name.
func as(t *testing.T, user string) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindUser, UserID: user, Name: "Name of " + user})
}

// backEnd makes calls as the host's back end.
func backEnd(t testing.TB) context.Context {
	t.Helper()
	return auth.ActAs(t.Context(), auth.Principal{ApplicationID: app, Kind: auth.KindService})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused says that a call was refused with a code and a reason.
func refused(t *testing.T, err error, code codes.Code, reason rpcv1.ErrorReason) {
	t.Helper()
	if rpcerr.Code(err) != code || rpcerr.Reason(err) != reason {
		t.Errorf("the answer is %v (%v), want %v (%v)", err, rpcerr.Reason(err), code, reason)
	}
}

func (w *world) group(t *testing.T, admin string, members ...string) *chatv1.Conversation {
	t.Helper()
	req := &chatv1.CreateConversationRequest{Type: chatv1.Conversation_group}
	for _, m := range members {
		req.Participants = append(req.Participants, &chatv1.NewParticipant{UserId: m})
	}
	c, err := w.chat.CreateConversation(as(t, admin), req)
	must(t, err)
	return c
}

func (w *world) send(t *testing.T, user, conversation, content string) *chatv1.Message {
	t.Helper()
	m, err := w.chat.SendMessage(as(t, user), &chatv1.SendMessageRequest{ConversationId: conversation, Content: content})
	must(t, err)
	return m
}

func participantOf(t *testing.T, c *chatv1.Conversation, user string) *chatv1.Participant {
	t.Helper()
	i := slices.IndexFunc(c.GetParticipants(), func(p *chatv1.Participant) bool { return p.GetUserId() == user })
	if i < 0 {
		t.Fatalf("%s is not among %v", user, c.GetParticipants())
	}
	return c.GetParticipants()[i]
}
