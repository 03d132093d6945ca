package testenv_test

import (
	"net/http"

	"github.com/palabre/palabre/internal/testenv"
)

var announcementRows = rows{
	// Listing.
	{bob, "GET /api/chat/announcements", "", answers("{announcement}", "Assemblée")},
	{boss, "GET /api/chat/announcements?limit=1", "", answers("{announcement}", `"delivery":`)},
	{backEnd, "GET /api/chat/announcements?limit=1", "", answers(`"announcements":[{`, `"nextPageToken":"`)},
	{dave, "GET /api/chat/announcements", "", lacks("{announcement}")},
	{nobody, "GET /api/chat/announcements", "", needsToken},
	{zoe, "GET /api/chat/announcements", "", notAllowed},
	{aliceElsewhere, "GET /api/chat/announcements", "", featureDisabled},
	{bob, "GET /api/chat/announcements?limit=201", "", invalid("limit")},
	{bob, "GET /api/chat/announcements?pageToken=x", "", invalidCursor("pageToken")},

	// Making one.
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"entity","targetId":"{entity}"}],"isPinned":true}`, answers("Fête", `"isPinned":true`, `"replyPermission":"none"`)},
	{backEnd, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"combined","roleFilter":"1","entityFilter":"{entity}"}]}`, answers(`"targetType":"combined"`)},
	{nobody, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"all"}]}`, needsToken},
	{alice, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"entity","targetId":"{entity}"}]}`, notAllowed},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"all"}]}`, notAllowed},
	{bossElsewhere, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"entity","targetId":"{entity}"}]}`, featureDisabled},
	{boss, "POST /api/chat/announcements", `{"content":"Dimanche","targets":[{"targetType":"all"}]}`, invalid("title")},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche"}`, invalid("targets")},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"some"}]}`, invalid("targets[0].targetType")},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"Dimanche","targets":[{"targetType":"all"}],"expiryDate":"2001-01-01T00:00:00Z"}`, invalid("expiryDate")},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","targets":[{"targetType":"all"}]}`, want{status: http.StatusBadRequest, reason: "EMPTY_MESSAGE", field: "content"}},
	{boss, "POST /api/chat/announcements", `{"title":"Fête","content":"` + testenv.BadWord + `","targets":[{"targetType":"entity","targetId":"{entity}"}]}`, want{status: http.StatusConflict, reason: "MESSAGE_REJECTED", field: "content"}},

	// Reading one.
	{bob, "GET /api/chat/announcements/{announcement}", "", answers("{announcement}", `"targets":[]`)},
	{boss, "GET /api/chat/announcements/{announcement}", "", answers(`"targetType":"entity"`, `"delivery":`)},
	{nobody, "GET /api/chat/announcements/{announcement}", "", needsToken},
	{dave, "GET /api/chat/announcements/{announcement}", "", unknown},
	{alice, "GET /api/chat/announcements/{group}", "", unknown},
	{aliceElsewhere, "GET /api/chat/announcements/{announcement}", "", featureDisabled},
	{bob, "GET /api/chat/announcements/1", "", invalid("id")},

	// Who has read it.
	{boss, "GET /api/chat/announcements/{announcement}/stats", "", answers(`"readCount":"0"`, `"nonReaders":[`, "{bob}")},
	{backEnd, "GET /api/chat/announcements/{announcement}/stats?limit=1", "", answers(`"audienceCount":"`)},
	{nobody, "GET /api/chat/announcements/{announcement}/stats", "", needsToken},
	{bob, "GET /api/chat/announcements/{announcement}/stats", "", notAllowed},
	{boss, "GET /api/chat/announcements/{group}/stats", "", unknown},
	{bossElsewhere, "GET /api/chat/announcements/{announcement}/stats", "", featureDisabled},
	{boss, "GET /api/chat/announcements/{announcement}/stats?limit=201", "", invalid("limit")},
	{boss, "GET /api/chat/announcements/{announcement}/stats?pageToken=x", "", invalidCursor("pageToken")},

	// Whom one may address.
	{boss, "GET /api/chat/audience-targets", "", answers(`"targetId":"{entity}"`, `"targetType":"combined"`)},
	{boss, "GET /api/chat/audience-targets", "", lacks(`"targetType":"all"`)},
	{backEnd, "GET /api/chat/audience-targets", "", answers(`"targetType":"all"`)},
	{nobody, "GET /api/chat/audience-targets", "", needsToken},
	{alice, "GET /api/chat/audience-targets", "", notAllowed},
	{backEndElsewhere, "GET /api/chat/audience-targets", "", featureDisabled},
	{boss, "GET /api/chat/audience-targets?colour=red", "", invalid("colour")},
}

var notificationRows = rows{
	{bob, "GET /api/chat/notifications", "", answers("{announcement}", `"type":"new_announcement"`, `"status":"sent"`)},
	{bob, "GET /api/chat/notifications?unreadOnly=true&limit=1", "", answers(`"notifications":[{`)},
	{dave, "GET /api/chat/notifications", "", lacks("{announcement}")},
	{nobody, "GET /api/chat/notifications", "", needsToken},
	{backEnd, "GET /api/chat/notifications", "", notAllowed},
	{zoe, "GET /api/chat/notifications", "", notAllowed},
	{aliceElsewhere, "GET /api/chat/notifications", "", answers(`"notifications":[]`)},
	{bob, "GET /api/chat/notifications?limit=201", "", invalid("limit")},
	{bob, "GET /api/chat/notifications?pageToken=x", "", invalidCursor("pageToken")},

	{bob, "PUT /api/chat/notifications", `{}`, answers(`"markedCount":`)},
	{bob, "PUT /api/chat/notifications", `{"ids":["{nothing}"]}`, answers(`"markedCount":0`)},
	{nobody, "PUT /api/chat/notifications", `{}`, needsToken},
	{backEnd, "PUT /api/chat/notifications", `{}`, notAllowed},
	{aliceElsewhere, "PUT /api/chat/notifications", `{}`, answers(`"markedCount":0`)},
	{bob, "PUT /api/chat/notifications", `{"ids":["1"]}`, invalid("ids[0]")},
}
