package permission

import (
	"fmt"
	"strings"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// Document writes the tables as docs/permissions.md.
func Document() string {
	var d document
	d.text(introduction)
	d.places()
	d.text(actionsIntroduction)
	d.actions()
	d.text(writingIntroduction)
	d.exceptions()
	d.text(replyIntroduction)
	d.replies()
	d.text(reachIntroduction)
	d.reaches()
	d.text(conclusion)
	return d.String()
}

const introduction = `<!-- Generated from services/chat/permission by make generate. Change the tables there. -->
# Who may do what

What people may do in a conversation depends on their place in it, and on nothing else: no role in the host product opens
somebody else's conversation. Moderators see single messages of it: those that the moderation rules held or flagged. The tables below
are what the server decides by, and a test tries them out on the server.

## Places

A person has one place in a conversation, and may be its creator besides. Whoever is two things may do what either may.

| place | who |
|---|---|
`

const actionsIntroduction = `
## Actions

– means that conversations of this type have no such thing; the others are refused with ` + "`NOT_ALLOWED`" + `.

`

const writingIntroduction = `
## Who may write

The first of these that applies decides:

| when | may write |
|---|---|
`

const replyIntroduction = `| otherwise | as the reply permission says |

A refusal says ` + "`REPLY_NOT_ALLOWED`" + `, or ` + "`CONVERSATION_EXPIRED`" + `. The reply permission:

`

const reachIntroduction = `
## Roles in the host product

The configuration says what a role of the host product means: ` + "`member`, `admin`" + ` of their entity, or ` + "`super_admin`" + ` of the
application. A role that it does not list is a member, and so is an admin without an entity, but for moderation.
Roles count outside of conversations only:

`

const conclusion = `
## What one may not see

A conversation, message or person of another application does not exist, and neither does a conversation for a stranger: the
answer is ` + "`NOT_FOUND`" + `, as for an id that was never given. Someone who is removed or leaves is a stranger from then on, to the
history too.

## Features that are switched off

An application can have features switched off. Conversations of the types that need one are then in no list, cannot be started,
and answer ` + "`FEATURE_DISABLED`" + ` to those who would see them, back ends included. What is kept
of a visitor can be seen, exported and erased all the same.

| feature | types |
|---|---|
| groups | group, broadcast |
| announcements | announcement |
| anonymous | anonymous |
`

type document struct{ strings.Builder }

func (d *document) text(s string) { d.WriteString(s) }

// row writes a row of a table.
func (d *document) row(cells ...string) {
	_, _ = fmt.Fprintf(d, "| %s |\n", strings.Join(cells, " | "))
}

// head writes the first row of a table and the line below it.
func (d *document) head(cells ...string) {
	d.row(cells...)
	d.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
}

func (d *document) places() {
	for _, s := range standings {
		d.row(s.name, s.meaning)
	}
}

func (d *document) actions() {
	d.head("to", "one_to_one", "group, broadcast", "anonymous", "announcement", "back end")
	for i := range rules {
		r := &rules[i]
		d.row(r.name, cell(r.oneToOne), cell(r.group), cell(r.anonymous), cell(r.announcement), yesNo(r.backEnd))
	}
	d.WriteString("\nWhy:\n\n")
	for i := range rules {
		if rules[i].why != "" {
			_, _ = fmt.Fprintf(d, "- **%s**: %s\n", rules[i].name, rules[i].why)
		}
	}
}

// cell says in words whom a set of standings lets.
func cell(may Standings) string {
	switch may {
	case never:
		return "–"
	case nobody:
		return "nobody"
	}
	var names []string
	for _, s := range standings {
		if may&s.standing != 0 {
			names = append(names, s.name)
		}
	}
	if may&writers != 0 {
		names = append(names, "who may write")
	}
	return strings.Join(names, ", ")
}

func (d *document) exceptions() {
	for _, e := range exceptions {
		d.row(e.when, yesNo(e.answer == yes))
	}
}

func (d *document) replies() {
	d.head("reply permission", "creator", "admin", "member", "visitor", "addressee", "read_only", "why")
	for _, r := range replies {
		cells := []string{chatv1.Conversation_ReplyPermission_name[int32(r.permission)]}
		for _, s := range []Standings{Creator, Admin, Member, Visitor, Addressee, ReadOnly} {
			cells = append(cells, yesNo(r.may&s != 0))
		}
		d.row(append(cells, r.why)...)
	}
}

func (d *document) reaches() {
	d.head("to", "member", "admin", "super_admin", "back end")
	for _, r := range reaches {
		d.row(r.name, yesNo(r.member), yesNo(r.admin), yesNo(r.superAdmin), yesNo(r.backEnd))
	}
}

func yesNo(may bool) string {
	if may {
		return "yes"
	}
	return "no"
}
