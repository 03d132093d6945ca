package testenv_test

var presenceRows = rows{
	{alice, "GET /api/chat/presence?userIds={bob}", "", answers("{bob}", `"status":"offline"`)},
	{alice, "GET /api/chat/presence?userIds={bob}&userIds={carol}&userIds={dave}", "", lacks("{carol}", "{dave}")},
	{carol, "GET /api/chat/presence?userIds={alice}", "", answers(`"presences":[]`)},
	{bob, "GET /api/chat/presence?userIds={boss}", "", answers(`"presences":[]`)},
	{backEnd, "GET /api/chat/presence?userIds={carol}&userIds={dave}", "", answers("{carol}", "{dave}")},
	{zoe, "GET /api/chat/presence?userIds={alice}&userIds={bob}", "", answers("{alice}")},
	{zoe, "GET /api/chat/presence?userIds={alice}&userIds={bob}", "", lacks("{bob}")},
	{nobody, "GET /api/chat/presence?userIds={bob}", "", needsToken},
	{aliceElsewhere, "GET /api/chat/presence?userIds={bob}", "", featureDisabled},
	{alice, "GET /api/chat/presence", "", invalid("userIds")},
	{alice, "GET /api/chat/presence?userIds=a/b", "", invalid("userIds[0]")},
}
