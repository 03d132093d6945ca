package mqttgw

import (
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	"github.com/palabre/palabre/internal/auth"
)

const (
	// pageOfUsers and pageOfConversations are how many the services answer at once.
	pageOfUsers         = 200
	pageOfConversations = 200
	// usersAtOnce is of how many users the conversations are asked for at once.
	usersAtOnce = 8
)

// typesHeard are the conversations that have topics. Announcements reach people by their inbox.
var typesHeard = []chatv1.Conversation_Type{
	chatv1.Conversation_one_to_one, chatv1.Conversation_group, chatv1.Conversation_anonymous, chatv1.Conversation_broadcast,
}

func isVisitor(n dynsec.Name) bool { return strings.HasPrefix(n.Subject, auth.AnonymousPrefix) }

// load finds out who is to have an account, and which conversations each takes part in.
func (a *accounts) load(ctx context.Context) error {
	a.wanted, a.members = map[dynsec.Name]*dynsec.Account{}, map[conversation]map[dynsec.Name]struct{}{}
	a.changed, a.missing = map[dynsec.Name]struct{}{}, map[dynsec.Name]struct{}{}
	for _, id := range slices.Sorted(maps.Keys(a.applications)) {
		users, err := a.users(ctx, id)
		if err == nil {
			err = a.admit(ctx, users)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// admit adds users of the directory, with their conversations and the visitors whom they talk with.
func (a *accounts) admit(ctx context.Context, users []dynsec.Name) error {
	lists := make([][]*chatv1.Conversation, len(users))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(usersAtOnce)
	for i, n := range users {
		group.Go(func() (err error) {
			lists[i], err = a.conversations(ctx, n)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, n := range users {
		a.want(n)
		for _, c := range lists[i] {
			a.want(n, c.GetId())
			for _, p := range c.GetParticipants() {
				if other := (dynsec.Name{ApplicationID: n.ApplicationID, Subject: subjectOf(p)}); isVisitor(other) {
					a.want(other, c.GetId())
				}
			}
		}
	}
	return nil
}

// users answers all users of an application.
func (a *accounts) users(ctx context.Context, application string) ([]dynsec.Name, error) {
	return a.listUsers(ctx, application, &audiencev1.ListUsersRequest{Limit: pageOfUsers})
}

// known answers those of some users whom the directory knows.
func (a *accounts) known(ctx context.Context, application string, subjects []string) (users []dynsec.Name, err error) {
	for some := range slices.Chunk(subjects, pageOfUsers) {
		found, err := a.listUsers(ctx, application, &audiencev1.ListUsersRequest{Limit: pageOfUsers, UserIds: some})
		if err != nil {
			return nil, err
		}
		users = append(users, found...)
	}
	return users, nil
}

func (a *accounts) listUsers(ctx context.Context, application string, req *audiencev1.ListUsersRequest) ([]dynsec.Name, error) {
	ctx = auth.ActAs(ctx, auth.Principal{ApplicationID: application, Kind: auth.KindPeer, Peer: component})
	var users []dynsec.Name
	for {
		page, err := a.directory.ListUsers(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, u := range page.GetUsers() {
			users = append(users, dynsec.Name{ApplicationID: application, Subject: u.GetUserId()})
		}
		if page.GetNextPageToken() == "" {
			return users, nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}

// conversations answers those of a user that have topics.
func (a *accounts) conversations(ctx context.Context, n dynsec.Name) ([]*chatv1.Conversation, error) {
	ctx = auth.ActAs(ctx, callerOf(n.ApplicationID, n.Subject))
	req := &chatv1.ListConversationsRequest{Limit: pageOfConversations, Types: typesHeard}
	var all []*chatv1.Conversation
	for {
		page, err := a.chat.ListConversations(ctx, req)
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetConversations()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}
