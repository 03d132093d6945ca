package mqttgw

import (
	"github.com/palabre/palabre/gateway/mqtt/dynsec"
	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// want adds a user who takes part in conversations.
func (a *accounts) want(n dynsec.Name, conversations ...string) {
	if !topic.ValidID(n.Subject) {
		return // nobody can connect under that name, nor be told anything
	}
	if a.wanted[n] == nil {
		a.wanted[n] = &dynsec.Account{Prefix: a.applications[n.ApplicationID].Prefix, Conversations: map[string]struct{}{}}
		a.changed[n] = struct{}{}
	}
	for _, id := range conversations {
		if _, heard := a.wanted[n].Conversations[id]; heard {
			continue
		}
		a.changed[n] = struct{}{}
		a.wanted[n].Conversations[id] = struct{}{}
		c := conversation{n.ApplicationID, id}
		if a.members[c] == nil {
			a.members[c] = map[dynsec.Name]struct{}{}
		}
		a.members[c][n] = struct{}{}
	}
}

// leave takes a user out of a conversation. A visitor without any has no account.
func (a *accounts) leave(n dynsec.Name, c conversation) {
	delete(a.members[c], n)
	if len(a.members[c]) == 0 {
		delete(a.members, c)
	}
	a.changed[n] = struct{}{}
	delete(a.wanted[n].Conversations, c.id)
	if isVisitor(n) && len(a.wanted[n].Conversations) == 0 {
		delete(a.wanted, n)
	}
}

// forget takes a user out of all conversations, and their account away.
func (a *accounts) forget(n dynsec.Name) {
	for id := range a.wanted[n].Conversations {
		a.leave(n, conversation{n.ApplicationID, id})
	}
	delete(a.wanted, n)
	a.changed[n] = struct{}{}
}
