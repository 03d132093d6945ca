package testenv_test

import (
	"net/http"

	"github.com/palabre/palabre/internal/testenv"
)

var visitorRows = rows{
	// Starting, and coming back.
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","name":"Max","recipientUserId":"{bob}","metadata":{"page":"/"}}`, answers(`"type":"anonymous"`, `"token":"`, "Max")},
	{zoe, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","recipientUserId":"{alice}"}`, answers("{visit}", "{visitor}")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-{visitor}","recipientUserId":"{alice}"}`, lacks("{visit}")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"nowhere","deviceId":"d-1","recipientUserId":"{bob}"}`, unknown},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"resalice","deviceId":"d-1","recipientUserId":"{bob}"}`, featureDisabled},
	{alice, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","recipientUserId":"{bob}"}`, notAllowed},
	{aliceElsewhere, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","recipientUserId":"{bob}"}`, notAllowed},
	{nobody, "POST /api/chat/anonymous", `{"deviceId":"d-1","recipientUserId":"{bob}"}`, invalid("applicationId")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","recipientUserId":"{bob}"}`, invalid("deviceId")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","email":"x","recipientUserId":"{bob}"}`, invalid("email")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","recipientUserId":"anon:1"}`, invalid("recipientUserId")},
	{nobody, "POST /api/chat/anonymous", `{"applicationId":"geosector","deviceId":"d-1","name":"` + testenv.BadWord + `","recipientUserId":"{bob}"}`, want{status: http.StatusConflict, reason: "MESSAGE_REJECTED", field: "name"}},

	// Their token opens their conversation, and nothing else.
	{zoe, "GET /api/chat/conversations", "", answers("{visit}")},
	{zoe, "GET /api/chat/conversations/{visit}", "", answers("{visit}")},
	{zoe, "GET /api/chat/conversations/{group}", "", unknown},
	{zoe, "POST /api/chat/conversations", `{"type":"group"}`, notAllowed},
	{zoe, "GET /api/chat/directory/users", "", notAllowed},

	// Who they are.
	{alice, "GET /api/chat/anonymous/{visitor}", "", answers("{visitor}", "Zoé")},
	{zoe, "GET /api/chat/anonymous/{visitor}", "", answers("Zoé")},
	{backEnd, "GET /api/chat/anonymous/{visitor}", "", answers("Zoé")},
	{nobody, "GET /api/chat/anonymous/{visitor}", "", needsToken},
	{carol, "GET /api/chat/anonymous/{visitor}", "", unknown},
	{aliceElsewhere, "GET /api/chat/anonymous/{visitor}", "", unknown},
	{alice, "GET /api/chat/anonymous/zoe", "", invalid("id")},

	// What is kept of them.
	{zoe, "GET /api/chat/anonymous/{visitor}/export", "", answers("Zoé", "{visit}")},
	{backEnd, "GET /api/chat/anonymous/{visitor}/export", "", answers("Zoé")},
	{nobody, "GET /api/chat/anonymous/{visitor}/export", "", needsToken},
	{alice, "GET /api/chat/anonymous/{visitor}/export", "", notAllowed},
	{zoe, "GET /api/chat/anonymous/{nothing}/export", "", unknown},
	{backEndElsewhere, "GET /api/chat/anonymous/{visitor}/export", "", unknown},
	{backEnd, "GET /api/chat/anonymous/zoe/export", "", invalid("id")},

	// Erasing it.
	{zoe, "DELETE /api/chat/anonymous/{visitor}", "", succeeds},
	{backEnd, "DELETE /api/chat/anonymous/{visitor}?eraseMessages=true", "", succeeds},
	{nobody, "DELETE /api/chat/anonymous/{visitor}", "", needsToken},
	{alice, "DELETE /api/chat/anonymous/{visitor}", "", notAllowed},
	{zoe, "DELETE /api/chat/anonymous/{nothing}", "", unknown},
	{backEndElsewhere, "DELETE /api/chat/anonymous/{visitor}", "", unknown},
	{backEnd, "DELETE /api/chat/anonymous/{visitor}?eraseMessages=some", "", invalid("eraseMessages")},

	// Becoming a user.
	{alice, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, answers(`"convertedToUserId":"{carol}"`)},
	{backEnd, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, answers(`"convertedToUserId":"{carol}"`)},
	{carol, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}","visitorToken":"{visitorToken}"}`, answers(`"convertedToUserId":"{carol}"`)},
	{nobody, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, needsToken},
	{carol, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, unknown},
	{zoe, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, notAllowed},
	{aliceElsewhere, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{carol}"}`, unknown},
	{backEnd, "POST /api/chat/anonymous/{visitor}/convert", `{"userId":"{alice}"}`, conflict("ALREADY_EXISTS")},
	{alice, "POST /api/chat/anonymous/{visitor}/convert", `{}`, invalid("userId")},

	// Being handed over.
	{alice, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}","note":"Bonne suite"}`, answers("{carol}")},
	{backEnd, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}"}`, answers("{carol}")},
	{nobody, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}"}`, needsToken},
	{carol, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}"}`, unknown},
	{zoe, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}"}`, notAllowed},
	{aliceElsewhere, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{carol}"}`, unknown},
	{alice, "POST /api/chat/conversations/{group}/transfer", `{"toUserId":"{carol}"}`, conflict("NOT_ALLOWED")},
	{alice, "POST /api/chat/conversations/{visit}/transfer", `{}`, invalid("toUserId")},
	{alice, "POST /api/chat/conversations/{visit}/transfer", `{"toUserId":"{alice}"}`, invalid("toUserId")},
}
