package mqttgw

import (
	"context"
	"maps"
	"slices"

	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// observe takes note of an event, and returns when the broker goes by it, or the context ends. So whoever was removed hears
// nothing of what is published next, and whoever was added may subscribe as soon as they are told.
func (a *accounts) observe(ctx context.Context, e *chatv1.StreamEventsResponse) error {
	if a == nil {
		return nil
	}
	select {
	case <-a.settled:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if _, served := a.applications[e.GetApplicationId()]; !served || !changesWhoHears(e) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := conversation{e.GetApplicationId(), e.GetEvent().GetConversationId()}
	if err := a.insist(ctx, func() error { return a.follow(ctx, c, goneBy(e)) }); err != nil || len(a.changed) == 0 {
		return err
	}
	return a.bring(ctx)
}

// changesWhoHears says whether others may hear the topics of a conversation after an event.
func changesWhoHears(e *chatv1.StreamEventsResponse) bool {
	return slices.Contains(eventsOfMembership, e.GetEvent().GetEvent()) &&
		e.GetConversationType() != chatv1.Conversation_announcement
}

// goneBy answers who is not in a conversation any more by what an event says; "" with one that says something else.
func goneBy(e *chatv1.StreamEventsResponse) string {
	if e.GetEvent().GetEvent() != eventParticipantRemoved {
		return ""
	}
	return subjectOf(e.GetEvent().GetParticipant())
}

// follow finds out who is in a conversation now: after a restart, old events come again. Whoever is gone by this event is
// taken out all the same; one who is back already comes back with the event that says so.
func (a *accounts) follow(ctx context.Context, c conversation, gone string) error {
	subjects, err := a.membership.Members(ctx, c.application, c.id)
	if err != nil {
		return err
	}
	present := make(map[dynsec.Name]struct{}, len(subjects))
	var strangers []string
	for _, subject := range subjects {
		if subject == gone {
			continue
		}
		n := dynsec.Name{ApplicationID: c.application, Subject: subject}
		present[n] = struct{}{}
		if a.wanted[n] == nil && !isVisitor(n) {
			strangers = append(strangers, subject)
			continue
		}
		a.want(n, c.id)
	}
	for n := range a.members[c] {
		if _, still := present[n]; !still {
			a.leave(n, c)
		}
	}
	// Somebody may have come to be known since the directory was looked through.
	users, err := a.known(ctx, c.application, strangers)
	if err != nil {
		return err
	}
	return a.admit(ctx, users)
}

// look looks through the directory for users who came or went, and at the accounts for those whose epoch has turned.
func (a *accounts) look(ctx context.Context) error {
	for id := range a.applications {
		users, err := a.users(ctx, id)
		if err != nil {
			return err
		}
		if err := a.compare(ctx, id, users); err != nil {
			return err
		}
	}
	return nil
}

// compare has the broker know the users of an application, and no others.
func (a *accounts) compare(ctx context.Context, application string, users []dynsec.Name) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	there := make(map[dynsec.Name]struct{}, len(users))
	var came []dynsec.Name
	for _, n := range users {
		there[n] = struct{}{}
		if a.wanted[n] == nil {
			came = append(came, n)
		}
	}
	if err := a.admit(ctx, came); err != nil {
		return err
	}
	maps.Copy(a.missing, a.changed)
	clear(a.changed)
	if err := a.dismiss(ctx, application, there); err != nil {
		return err
	}
	a.turn()
	if len(a.changed) == 0 && a.broker.Connected() {
		return nil
	}
	return a.bring(ctx)
}

// dismiss takes the accounts away of users who are not there. An event may have brought one since the directory was looked
// through, so it is asked once more.
func (a *accounts) dismiss(ctx context.Context, application string, there map[dynsec.Name]struct{}) error {
	var gone []string
	for n := range a.wanted {
		if _, still := there[n]; !still && n.ApplicationID == application && !isVisitor(n) {
			gone = append(gone, n.Subject)
		}
	}
	known, err := a.known(ctx, application, gone)
	if err != nil {
		return err
	}
	for _, subject := range gone {
		if n := (dynsec.Name{ApplicationID: application, Subject: subject}); !slices.Contains(known, n) {
			a.forget(n)
		}
	}
	return nil
}

// turn takes note of those whose epoch has turned. When not connected, all are looked at anyway.
func (a *accounts) turn() {
	if !a.broker.Connected() {
		return
	}
	for n := range a.wanted {
		if a.broker.Turned(n) {
			a.missing[n] = struct{}{}
		}
	}
}
