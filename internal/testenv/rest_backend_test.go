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
	{boss, "GET /api/chat/moderation/rules?version=0", "", answers(testenv.BadWord)},
	{boss, "GET /api/chat/moderation/rules?version=1000", "", unknown},

	// Setting them. Those who succeed set what is in force, as the other rows need it.
	{boss, "PUT /api/chat/moderation/rules", badWord(""), answers(testenv.BadWord, `"version":`, `"updatedBy":"{boss}"`, `"updatedAt":`)},
	{backEnd, "PUT /api/chat/moderation/rules", badWord(`{"id":"red","words":{"entries":["rouge"]},"action":"mask","dryRun":true}`), answers(`"action":"mask"`)},
	{boss, "PUT /api/chat/moderation/rules?ifVersion=1000", badWord(""), conflict("RULES_CHANGED")},
	{nobody, "PUT /api/chat/moderation/rules", badWord(""), needsToken},
	{alice, "PUT /api/chat/moderation/rules", badWord(""), notAllowed},
	{zoe, "PUT /api/chat/moderation/rules", badWord(""), notAllowed},
	{bossElsewhere, "PUT /api/chat/moderation/rules", `{"badWords":["ailleurs"]}`, lacks(testenv.BadWord)},
	{boss, "PUT /api/chat/moderation/rules", `{"floodLimit":-1}`, invalid("rules.floodLimit")},
	{boss, "PUT /api/chat/moderation/rules", `{"badWords":["***"]}`, invalid("rules.badWords[0]")},
	{boss, "PUT /api/chat/moderation/rules", `{"rules":[{"id":"a","regularExpression":{"pattern":"("}}]}`, invalid("rules.rules[0].regularExpression.pattern")},
	{boss, "PUT /api/chat/moderation/rules", `{"rules":[{"id":"a","action":"maybe"}]}`, invalid("rules[0].action")},

	// How often they hit.
	{boss, "GET /api/chat/moderation/stats", "", succeeds},
	{backEnd, "GET /api/chat/moderation/stats?days=7", "", answers(`"rules":`)},
	{nobody, "GET /api/chat/moderation/stats", "", needsToken},
	{alice, "GET /api/chat/moderation/stats", "", notAllowed},
	{bossElsewhere, "GET /api/chat/moderation/stats", "", lacks("bad_words")},
	{boss, "GET /api/chat/moderation/stats?days=367", "", invalid("days")},
}

// badWord are the rules of the tests in JSON, and another one.
func badWord(rule string) string {
	return `{"moderatorEnabled":true,"badWords":["` + testenv.BadWord + `"],"rules":[` + rule + `]}`
}
