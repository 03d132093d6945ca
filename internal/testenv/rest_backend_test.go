package testenv_test

import "github.com/palabre/palabre/internal/testenv"

var directoryRows = rows{
	// Looking people up.
	{boss, "GET /api/chat/directory/users?userIds={bob}", "", answers(`"userId":"{bob}"`, `"name":"Bob"`, `"entityId":"{entity}"`)},
	{backEnd, "GET /api/chat/directory/users?role=1&entityId={entity}&limit=1", "", answers(`"role":"1"`)},
	{nobody, "GET /api/chat/directory/users", "", needsToken},
	{alice, "GET /api/chat/directory/users", "", notAllowed},
	{boss, "GET /api/chat/directory/users?entityId=asso-0", "", notAllowed},
	{bossElsewhere, "GET /api/chat/directory/users?userIds={bob}", "", lacks("{bob}")},
	{backEndElsewhere, "GET /api/chat/directory/users?userIds={bob}", "", lacks("{bob}")},
	{boss, "GET /api/chat/directory/users?limit=201", "", invalid("limit")},
	{boss, "GET /api/chat/directory/users?pageToken=x", "", invalidCursor("pageToken")},

	// Writing them.
	{backEnd, "PUT /api/chat/directory/users", `{"users":[{"userId":"{carol}","name":"Carol","role":"1","entityId":"{entity}"}]}`, answers(`"upsertedCount":1`)},
	{backEnd, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}","name":"Bob","role":"1","entityId":"{entity}"}]}`, answers(`"upsertedCount":0`)},
	{nobody, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}"}]}`, needsToken},
	{boss, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}"}]}`, notAllowed},
	{backEndElsewhere, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}","name":"Robert"}]}`, answers(`"upsertedCount":1`)},
	{backEnd, "PUT /api/chat/directory/users", `{}`, invalid("users")},
	{backEnd, "PUT /api/chat/directory/users", `{"users":[{"userId":"{bob}"},{"userId":"anon:1"}]}`, invalid("users[1].userId")},

	// Taking them out.
	{backEnd, "DELETE /api/chat/directory/users?userIds={bob}&userIds={nothing}", "", answers(`"deletedCount":1`)},
	{nobody, "DELETE /api/chat/directory/users?userIds={bob}", "", needsToken},
	{boss, "DELETE /api/chat/directory/users?userIds={bob}", "", notAllowed},
	{backEndElsewhere, "DELETE /api/chat/directory/users?userIds={bob}", "", answers(`"deletedCount":0`)},
	{backEnd, "DELETE /api/chat/directory/users", "", invalid("userIds")},
	{backEnd, "DELETE /api/chat/directory/users?userIds=b%20o%20b", "", invalid("userIds[0]")},
}

var moderationRows = rows{
	{boss, "GET /api/chat/moderation/rules", "", answers(`"moderatorEnabled":true`, testenv.BadWord)},
	{backEnd, "GET /api/chat/moderation/rules", "", answers(testenv.BadWord)},
	{nobody, "GET /api/chat/moderation/rules", "", needsToken},
	{alice, "GET /api/chat/moderation/rules", "", notAllowed},
	{bossElsewhere, "GET /api/chat/moderation/rules", "", lacks(testenv.BadWord)},
	{boss, "GET /api/chat/moderation/rules?colour=red", "", invalid("colour")},
}
