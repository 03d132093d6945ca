package httpgw

import "net/http"

// describeFiles says of the operations whose bodies are files what they take and answer: the generator knows JSON only.
func (d document) describeFiles() {
	for _, op := range d.operations {
		switch op.rpc.Name() {
		case "UploadAttachment":
			op.takeForm()
		case "GetAttachment":
			op.answerFile()
		}
	}
}

func (op operation) takeForm() {
	conversation := object{
		"in": "formData", "name": partConversation, "type": "string", "format": "uuid",
		"description": "The conversation in which it will be sent, and in no other; before the file.",
	}
	file := object{
		"in": "formData", "name": partFile, "type": "file", "required": true,
		"description": "The file, with its name.",
	}
	op.object["parameters"] = []any{conversation, file}
}

func (op operation) answerFile() {
	responses, _ := op.object["responses"].(object)
	headers := object{
		"ETag":                text("Of the file, for If-None-Match."),
		"Content-Disposition": text("The file's name, and whether browsers may show it in place."),
	}
	responses["200"] = object{"description": "The file.", "schema": object{"type": "file"}, "headers": headers}
	responses["206"] = object{"description": "The part of it that Range asks for.", "schema": object{"type": "file"}, "headers": headers}
	responses["304"] = object{"description": "The caller has it."}
	responses["416"] = object{"description": http.StatusText(http.StatusRequestedRangeNotSatisfiable)}
}
