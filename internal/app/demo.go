package app

import (
	"context"
	"fmt"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/chat"
)

// defaultRoles are what role ids mean where nobody said otherwise.
func defaultRoles() map[string]auth.RoleKind {
	return map[string]auth.RoleKind{"1": auth.RoleMember, "2": auth.RoleAdmin, "9": auth.RoleSuperAdmin}
}

// defaultApplications are those of a server that was given none: one, with everything on.
func defaultApplications() map[string]Application {
	return map[string]Application{"default": {
		Roles:    defaultRoles(),
		Features: chat.Features{Groups: true, Announcements: true, Anonymous: true, Attachments: true, Presence: true},
	}}
}

// AddDemo adds the sample applications to a configuration: one of teams, one of visitors.
func (c *Config) AddDemo() {
	samples := map[string]Application{
		"geosector": {
			TopicPrefix:      "chat",
			Roles:            defaultRoles(),
			Features:         chat.Features{Groups: true, Announcements: true, Attachments: true, Presence: true},
			ModeratorEnabled: true,
			BadWords:         []string{"zut"},
		},
		"resalice": {
			TopicPrefix: "resalice",
			Roles:       defaultRoles(),
			Features:    chat.Features{Anonymous: true, Attachments: true, Presence: true},
		},
	}
	if c.Applications == nil {
		c.Applications = map[string]Application{}
	}
	taken := map[string]bool{}
	for _, a := range c.Applications {
		taken[a.prefix()] = true
	}
	for id, sample := range samples {
		if _, configured := c.Applications[id]; configured {
			continue
		}
		if taken[sample.prefix()] {
			sample.TopicPrefix = id
		}
		c.Applications[id] = sample
	}
}

// Demo is what was made to try Palabre with.
type Demo struct {
	ApplicationID string
	// TopicPrefix is the application's.
	TopicPrefix string
	// ConfigFlags are what commands need to find this server's secrets.
	ConfigFlags string
	// BrokerFlags are what mosquitto_pub and mosquitto_sub need to find the broker, when it is not where they look.
	BrokerFlags string
	// REST is the HTTP gateway's address.
	REST string
	// PairID is alice's and bob's conversation, GroupID that of the whole team.
	PairID, GroupID string
}

// demoUsers are the people of the sample application: the members of an association and its admin.
var demoUsers = []*audiencev1.User{
	{UserId: "alice", Name: "Alice Martin", Role: "2", EntityId: "asso-1", EntityName: "Les Amis du quartier"},
	{UserId: "bob", Name: "Bob Durand", Role: "1", EntityId: "asso-1"},
	{UserId: "carol", Name: "Carole Petit", Role: "1", EntityId: "asso-1"},
	{UserId: "dave", Name: "David Leroy", Role: "1", EntityId: "asso-2"},
	{UserId: "root", Name: "Régie", Role: "9"},
}

// MakeDemo makes the sample people and conversations, as a back end of the host product would. Once more it finds them
// there, and makes nothing.
func (a *App) MakeDemo(ctx context.Context) (Demo, error) {
	const id = "geosector"
	demo := Demo{ApplicationID: id, TopicPrefix: a.config.Applications[id].prefix(), ConfigFlags: a.configFlags(), BrokerFlags: a.brokerFlags(), REST: a.restURL()}
	service := auth.ActAs(ctx, auth.Principal{ApplicationID: id, Kind: auth.KindService})
	if _, err := a.audience.UpsertUsers(service, &audiencev1.UpsertUsersRequest{Users: demoUsers}); err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	alice := auth.ActAs(ctx, auth.Principal{ApplicationID: id, Kind: auth.KindUser, UserID: "alice"})
	pair, err := a.chat.CreateConversation(alice, &chatv1.CreateConversationRequest{
		Type:         chatv1.Conversation_one_to_one,
		Participants: []*chatv1.NewParticipant{{UserId: "bob"}},
	})
	if err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	demo.PairID = pair.GetId()
	if demo.GroupID, err = a.demoGroup(alice); err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	if err := a.demoAnnouncement(ctx, id); err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	return demo, nil
}

// demoAnnouncement is alice's to her association.
func (a *App) demoAnnouncement(ctx context.Context, applicationID string) error {
	if !a.config.Applications[applicationID].Features.Announcements {
		return nil
	}
	alice := auth.ActAs(ctx, auth.Principal{
		ApplicationID: applicationID, Kind: auth.KindUser, UserID: "alice", EntityID: "asso-1", RoleKind: auth.RoleAdmin,
	})
	_, err := a.chat.CreateAnnouncement(alice, &chatv1.CreateAnnouncementRequest{
		Title:           "Assemblée générale",
		Content:         "Samedi à 10 h, salle des fêtes. Venez nombreux !",
		Targets:         []*audiencev1.AudienceTarget{{TargetType: audiencev1.AudienceTarget_entity, TargetId: "asso-1"}},
		IsPinned:        true,
		ClientMessageId: "demo-assembly",
	})
	return err
}

func (a *App) demoGroup(alice context.Context) (string, error) {
	const title = "L'équipe"
	list, err := a.chat.ListConversations(alice, &chatv1.ListConversationsRequest{
		Types: []chatv1.Conversation_Type{chatv1.Conversation_group}, Limit: 200,
	})
	if err != nil {
		return "", err
	}
	for _, c := range list.GetConversations() {
		if c.GetTitle() == title {
			return c.GetId(), nil
		}
	}
	group, err := a.chat.CreateConversation(alice, &chatv1.CreateConversationRequest{
		Type:         chatv1.Conversation_group,
		Title:        title,
		Participants: []*chatv1.NewParticipant{{UserId: "bob"}, {UserId: "carol"}},
	})
	if err != nil {
		return "", err
	}
	_, err = a.chat.SendMessage(alice, &chatv1.SendMessageRequest{
		ConversationId:  group.GetId(),
		ClientMessageId: "demo-welcome",
		Content:         "Bienvenue dans le groupe !",
	})
	return group.GetId(), err
}

// Tutorial says what to type to have a first conversation. command is how palabre was called.
func (d Demo) Tutorial(command string) string {
	return fmt.Sprintf(`
Sample people of %[1]s: alice (admin), bob, carol, dave, root (super admin). Listen as bob, then write as alice:

  BOB=$(%[6]s token --app %[1]s --user bob%[2]s)
  mosquitto_sub%[7]s -u bob -P "$BOB" -i phone -c -q 1 -t '%[3]s/user/bob/messages'

  ALICE=$(%[6]s token --app %[1]s --user alice%[2]s)
  mosquitto_pub%[7]s -u alice -P "$ALICE" -q 1 -t '%[3]s/user/alice/send' \
    -m '{"conversationId":"%[4]s","content":"Bonjour Bob"}'

  alice and bob  %[4]s
  the team       %[5]s

As alice, write to everyone of her association:

  ADMIN=$(%[6]s token --app %[1]s --user alice --role 2 --entity asso-1%[2]s)
  curl -s %[8]s/api/chat/announcements -H "Authorization: Bearer $ADMIN" -H 'Content-Type: application/json' \
    -d '{"title":"Fête","content":"Dimanche","targets":[{"targetType":"entity","targetId":"asso-1"}]}'

The whole interface is explained at %[8]s/docs

`, d.ApplicationID, d.ConfigFlags, d.TopicPrefix, d.PairID, d.GroupID, command, d.BrokerFlags, d.REST)
}
