package permission

// reach is a row of the table of what a role in the host product lets one do outside of conversations. The audience and
// the moderation service decide it (services/audience/scope.go, and the policy.go of each); a test compares.
type reach struct {
	name                               string
	member, admin, superAdmin, backEnd bool
}

var reaches = [...]reach{
	{"announce to everyone", false, false, true, true},
	{"announce to a role, wherever", false, false, true, true},
	{"announce to their own entity", false, true, true, true},
	{"announce to a role within their own entity", false, true, true, true},
	{"announce to another entity", false, false, true, true},
	{"see whom they may announce to, with head counts", false, true, true, true},
	{"see the statistics of an announcement of their own", false, true, true, true},
	{"see the statistics of somebody else's announcement", false, false, true, true},
	{"look through the users of their own entity", false, true, true, true},
	{"look through the users of another entity", false, false, true, true},
	{"bring users into the directory, change or delete them", false, false, false, true},
	{"see and change the moderation rules", false, true, true, true},
	{"see how often the moderation rules hit", false, true, true, true},
	{"see messages that the rules held or flagged, and decide on those of others", false, true, true, true},
	{"see what moderators did", false, true, true, true},
}
