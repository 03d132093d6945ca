package testenv_test

import "strings"

var reviewRows = rows{
	// The queue.
	{boss, "GET /api/chat/moderation/queue?senderId={bob}", "", answers("{bobHeld}", "{bobFlagged}", `"status":"pending"`, `"rule":"bad_words"`, `"start":5`, `"isPublished":true`)},
	{boss, "GET /api/chat/moderation/queue?senderId={bob}", "", lacks("{bobRejected}", "{zoeHeld}")},
	{backEnd, "GET /api/chat/moderation/queue?status=rejected&rule=bad_words&senderId={bob}", "", answers("{bobRejected}", `"reviewedBy":"{boss}"`)},
	{backEnd, "GET /api/chat/moderation/queue?conversationId={group}&limit=1", "", answers("nextPageToken")},
	{boss, "GET /api/chat/moderation/queue?appealedOnly=true&conversationId={group}", "", lacks("{bobHeld}")},
	{nobody, "GET /api/chat/moderation/queue", "", needsToken},
	{alice, "GET /api/chat/moderation/queue", "", notAllowed},
	{zoe, "GET /api/chat/moderation/queue", "", notAllowed},
	{bossElsewhere, "GET /api/chat/moderation/queue?senderId={bob}", "", lacks("{bobHeld}", "messageId")},
	{boss, "GET /api/chat/moderation/queue?limit=201", "", invalid("limit")},
	{boss, "GET /api/chat/moderation/queue?status=maybe", "", invalid("status")},
	{boss, "GET /api/chat/moderation/queue?pageToken=x", "", invalidCursor("pageToken")},

	// A decision.
	{boss, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved","note":"Une citation"}`, answers(`"status":"approved"`, `"reviewedBy":"{boss}"`, "Une citation")},
	{backEnd, "PUT /api/chat/moderation/queue/{bossHeld}", `{"status":"rejected"}`, answers(`"status":"rejected"`)},
	{boss, "PUT /api/chat/moderation/queue/{bobRejected}", `{"status":"rejected"}`, answers(`"status":"rejected"`)},
	{boss, "PUT /api/chat/moderation/queue/{bobRejected}", `{"status":"approved"}`, want{status: 409, reason: "ALREADY_REVIEWED", field: "status"}},
	{boss, "PUT /api/chat/moderation/queue/{bobRejected}", `{"status":"approved","overturn":true}`, answers(`"status":"approved"`)},
	{boss, "PUT /api/chat/moderation/queue/{bossHeld}", `{"status":"approved"}`, notAllowed},
	{nobody, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved"}`, needsToken},
	{alice, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved"}`, notAllowed},
	{bob, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved"}`, notAllowed},
	{boss, "PUT /api/chat/moderation/queue/{bobMessage}", `{"status":"approved"}`, unknown},
	{bossElsewhere, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved"}`, unknown},
	{boss, "PUT /api/chat/moderation/queue/{bobHeld}", `{}`, invalid("status")},
	{boss, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"pending"}`, invalid("status")},
	{boss, "PUT /api/chat/moderation/queue/m1", `{"status":"approved"}`, invalid("messageId")},
	{boss, "PUT /api/chat/moderation/queue/{bobHeld}", `{"status":"approved","note":"` + strings.Repeat("é", 1001) + `"}`, invalid("note")},

	// Decisions.
	{boss, "PUT /api/chat/moderation/queue", `{"messageIds":["{bobHeld}","{zoeHeld}","{bossHeld}","{nothing}"],"status":"rejected"}`, answers(`"messageId":"{bobHeld}"`, `"messageId":"{zoeHeld}"`, `"failedMessageIds":["{bossHeld}","{nothing}"]`)},
	{nobody, "PUT /api/chat/moderation/queue", `{"messageIds":["{bobHeld}"],"status":"approved"}`, needsToken},
	{alice, "PUT /api/chat/moderation/queue", `{"messageIds":["{bobHeld}"],"status":"approved"}`, notAllowed},
	{bossElsewhere, "PUT /api/chat/moderation/queue", `{"messageIds":["{bobHeld}"],"status":"approved"}`, answers(`"failedMessageIds":["{bobHeld}"]`)},
	{boss, "PUT /api/chat/moderation/queue", `{"status":"approved"}`, invalid("messageIds")},
	{boss, "PUT /api/chat/moderation/queue", `{"messageIds":["{bobHeld}","m1"],"status":"approved"}`, invalid("messageIds[1]")},

	// An appeal.
	{bob, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"C'est une citation"}`, answers(`"status":"pending"`, "C'est une citation")},
	{bob, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"C'est une citation"}`, lacks("{boss}")},
	{zoe, "POST /api/chat/moderation/queue/{zoeHeld}/appeal", `{"note":"C'est une citation"}`, answers(`"appealedAt"`)},
	{nobody, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"x"}`, needsToken},
	{alice, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"x"}`, unknown},
	{zoe, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"x"}`, unknown},
	{backEnd, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"x"}`, notAllowed},
	{bob, "POST /api/chat/moderation/queue/{bobFlagged}/appeal", `{"note":"x"}`, unknown},
	{bob.elsewhere(), "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":"x"}`, unknown},
	{bob, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{"note":" "}`, invalid("note")},
	{bob, "POST /api/chat/moderation/queue/{bobRejected}/appeal", `{}`, invalid("note")},

	// The log.
	{boss, "GET /api/chat/moderation/log?messageId={bobRejected}", "", answers(`"action":"rejected"`, `"userId":"{boss}"`, "{bobRejected}")},
	{backEnd, "GET /api/chat/moderation/log?limit=1", "", answers(`"action":`)},
	{nobody, "GET /api/chat/moderation/log", "", needsToken},
	{alice, "GET /api/chat/moderation/log", "", notAllowed},
	{bossElsewhere, "GET /api/chat/moderation/log?messageId={bobRejected}", "", lacks("{bobRejected}", "action")},
	{boss, "GET /api/chat/moderation/log?limit=201", "", invalid("limit")},
	{boss, "GET /api/chat/moderation/log?messageId=m1", "", invalid("messageId")},
	{boss, "GET /api/chat/moderation/log?pageToken=x", "", invalidCursor("pageToken")},
}
