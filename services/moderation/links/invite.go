package links

import "strings"

// invites are where people are asked to go on elsewhere: hosts, and what their paths begin with.
var invites = map[string][]string{
	"chat.whatsapp.com": {""}, "wa.me": {""}, "whatsapp.com": {"/channel", "/catalog"}, "api.whatsapp.com": {"/send"},
	"t.me": {""}, "telegram.me": {""}, "telegram.dog": {""}, "discord.gg": {""}, "dsc.gg": {""}, "discord.com": {"/invite"},
	"discordapp.com": {"/invite"}, "signal.group": {""}, "signal.me": {""}, "m.me": {""}, "messenger.com": {"/t", "/g"},
	"invite.viber.com": {""}, "join.skype.com": {""}, "line.me": {"/ti", "/r"}, "snapchat.com": {"/add"}, "kik.me": {""},
	"join.slack.com": {""}, "matrix.to": {""}, "guilded.gg": {""}, "threema.id": {""}, "u.wechat.com": {""}, "groupme.com": {"/join_group"},
	"instagram.com": {"/direct"}, "ig.me": {""}, "revolt.chat": {"/invite"}, "teams.microsoft.com": {"/l"},
}

// IsInvite says that a link asks to go on in another messenger.
func (l Link) IsInvite() bool {
	if l.Kind == Email {
		return false
	}
	for _, begin := range invites[strings.TrimPrefix(l.Domain, "www.")] {
		if strings.HasPrefix(l.Path, begin) && (begin != "" || strings.Trim(l.Path, "/") != "") {
			return true
		}
	}
	return false
}
