package testenv_test

import (
	"net/http"
	"strings"

	"github.com/palabre/palabre/internal/testenv"
)

const (
	// fileContent is what a file of a story is: the table reads answers as JSON.
	fileContent = `{"plan":"bleu"}`
	// formBoundary parts forms.
	formBoundary = "boundary-of-forms"
)

// part is a part of a form: a file when it has a name.
type part struct{ field, fileName, content string }

// form is the body of a form.
func form(parts ...part) string {
	var body strings.Builder
	for _, p := range parts {
		body.WriteString("--" + formBoundary + "\r\nContent-Disposition: form-data; name=\"" + p.field + "\"")
		if p.fileName != "" {
			body.WriteString("; filename=\"" + p.fileName + "\"")
		}
		body.WriteString("\r\n\r\n" + p.content + "\r\n")
	}
	return body.String() + "--" + formBoundary + "--\r\n"
}

var file = part{"file", "plan.json", fileContent}

var attachmentRows = rows{
	// Uploading.
	{alice, "POST /api/chat/attachments", form(file), answers(`"fileName":"plan.json"`, `"mediaType":"application/json"`, `"size":"15"`, `"url":"/api/chat/attachments/`)},
	{bob, "POST /api/chat/attachments", form(part{"conversationId", "", "{group}"}, file), answers(`"fileName":"plan.json"`)},
	{zoe, "POST /api/chat/attachments", form(file), answers(`"fileName":"plan.json"`)},
	{backEnd, "POST /api/chat/attachments", form(file), answers(`"fileName":"plan.json"`)},
	{nobody, "POST /api/chat/attachments", form(file), needsToken},
	{carol, "POST /api/chat/attachments", form(part{"conversationId", "", "{group}"}, file), unknown},
	{aliceElsewhere, "POST /api/chat/attachments", form(file), featureDisabled},
	{alice, "POST /api/chat/attachments", form(), invalid("file")},
	{alice, "POST /api/chat/attachments", form(part{"file", "empty.json", ""}), invalid("file")},
	{alice, "POST /api/chat/attachments", form(part{"conversationId", "", "1"}, file), invalid("conversationId")},
	{alice, "POST /api/chat/attachments", form(part{"file", testenv.BadWord + ".json", fileContent}), want{status: http.StatusConflict, reason: "MESSAGE_REJECTED", field: "file"}},
	{alice, "POST /api/chat/attachments", form(part{"file", "plan.png", "a text"}), want{status: http.StatusUnsupportedMediaType, reason: "MEDIA_TYPE_NOT_ALLOWED", field: "file"}},
	{alice, "POST /api/chat/attachments", `{"file":"plan.json"}`, want{status: http.StatusUnsupportedMediaType, reason: "MALFORMED_BODY"}},

	// Downloading.
	{alice, "GET /api/chat/attachments/{file}", "", answers(fileContent)},
	{bob, "GET /api/chat/attachments/{file}", "", answers(fileContent)},
	{backEnd, "GET /api/chat/attachments/{file}", "", answers(fileContent)},
	{alice, "GET /api/chat/attachments/{unsent}", "", answers(fileContent)},
	{bob, "GET /api/chat/attachments/{unsent}", "", unknown},
	{backEnd, "GET /api/chat/attachments/{unsent}", "", unknown},
	{carol, "GET /api/chat/attachments/{file}", "", unknown},
	{zoe, "GET /api/chat/attachments/{file}", "", unknown},
	{alice, "GET /api/chat/attachments/{nothing}", "", unknown},
	{nobody, "GET /api/chat/attachments/{file}", "", needsToken},
	{nobody, "GET /api/chat/attachments/{file}?token=x", "", want{status: http.StatusUnauthorized, reason: "CREDENTIALS_INVALID"}},
	{aliceElsewhere, "GET /api/chat/attachments/{file}", "", featureDisabled},
	{alice, "GET /api/chat/attachments/1", "", invalid("id")},

	// A link.
	{bob, "POST /api/chat/attachments/{file}/link", `{}`, answers(`"url":"/api/chat/attachments/{file}?token=`, `"expiresAt":"`)},
	{carol, "POST /api/chat/attachments/{file}/link", `{}`, unknown},
	{bob, "POST /api/chat/attachments/{unsent}/link", `{}`, unknown},
	{nobody, "POST /api/chat/attachments/{file}/link", `{}`, needsToken},
	{aliceElsewhere, "POST /api/chat/attachments/{file}/link", `{}`, featureDisabled},
	{bob, "POST /api/chat/attachments/1/link", `{}`, invalid("id")},
}
