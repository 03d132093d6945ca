package httpgw

import (
	"maps"
	"slices"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// What an error is, by the names of its definitions; the first is the generator's for google.rpc.Status.
const (
	statusDefinition    = "rpc.Status"
	detailDefinition    = "ErrorDetail"
	violationDefinition = "FieldViolation"
)

// detailTypes are the details that an error may have.
var detailTypes = []string{
	"type.googleapis.com/google.rpc.ErrorInfo",
	"type.googleapis.com/google.rpc.BadRequest",
	"type.googleapis.com/google.rpc.RetryInfo",
	"type.googleapis.com/google.rpc.LocalizedMessage",
}

// describeStatus says what an error is. The generator knows its details as google.protobuf.Any only.
func (d document) describeStatus() {
	shared := object{}
	for status, reasons := range anywhere() {
		shared[status] = errorResponse(status, reasons)
	}
	d.root["responses"] = shared
	d.definitions[statusDefinition] = statusSchema()
	d.definitions[detailDefinition] = detailSchema()
	d.definitions[violationDefinition] = violationSchema()
}

func statusSchema() object {
	return object{
		"type":        "object",
		"description": "An error, as google.rpc.Status.",
		"required":    []string{"code", "message", "details"},
		"properties": object{
			"code":    object{"type": "integer", "format": "int32", "description": "The gRPC code."},
			"message": text("For developers; it may change."),
			"details": object{"type": "array", "items": object{"$ref": refPrefix + detailDefinition}},
		},
	}
}

// detailSchema has the fields of all details that there are, because OpenAPI 2.0 cannot say `one of these`.
func detailSchema() object {
	facts := object{"type": "object", "additionalProperties": object{"type": "string"}, "description": "Facts for programs, such as requestId."}
	return object{
		"type": "object",
		"description": "ErrorInfo (reason, domain, metadata), BadRequest (fieldViolations), RetryInfo (retryDelay) or " +
			"LocalizedMessage (locale, message), as `@type` says.",
		"required": []string{"@type"},
		"properties": object{
			"@type":           object{"type": "string", "enum": detailTypes},
			"reason":          object{"type": "string", "enum": everyReason(), "description": "Stable, for programs to branch on."},
			"domain":          text("Always palabre."),
			"metadata":        facts,
			"fieldViolations": object{"type": "array", "items": object{"$ref": refPrefix + violationDefinition}},
			"retryDelay":      text("When the same call may do better, such as 2.5s."),
			"locale":          text("The language of message, such as fr."),
			"message":         text("For people who use the application."),
		},
	}
}

func violationSchema() object {
	return object{
		"type":     "object",
		"required": []string{"field", "description"},
		"properties": object{
			"field":       text("The path of the field, such as participants[0].userId."),
			"description": text("What is wrong with it."),
			"reason":      text("Empty: google.rpc has it, and Palabre does not use it."),
		},
	}
}

func text(description string) object { return object{"type": "string", "description": description} }

func everyReason() []string {
	var names []string
	for _, number := range slices.Sorted(maps.Keys(rpcv1.ErrorReason_name)) {
		if number != int32(rpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED) {
			names = append(names, rpcv1.ErrorReason_name[number])
		}
	}
	return names
}
