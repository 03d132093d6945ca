package httpgw

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
)

// reasonsByStatus are the reasons that an error of each HTTP status may have.
type reasonsByStatus map[string][]string

func (r reasonsByStatus) add(status int, reasons ...rpcv1.ErrorReason) {
	key := strconv.Itoa(status)
	for _, reason := range reasons {
		if !slices.Contains(r[key], reason.String()) {
			r[key] = append(r[key], reason.String())
		}
	}
}

// anywhere are the errors of every operation, for which the caller is not at fault.
func anywhere() reasonsByStatus {
	r := reasonsByStatus{}
	r.add(http.StatusTooManyRequests, rpcv1.ErrorReason_RATE_LIMIT)
	r.add(http.StatusInternalServerError, rpcv1.ErrorReason_INTERNAL)
	r.add(http.StatusNotImplemented, rpcv1.ErrorReason_UNIMPLEMENTED)
	r.add(http.StatusServiceUnavailable, rpcv1.ErrorReason_UNAVAILABLE)
	r.add(http.StatusGatewayTimeout, rpcv1.ErrorReason_DEADLINE_EXCEEDED)
	return r
}

// errors answers what may be wrong with a call: what follows from the operation's shape, and what proto/openapi.yaml adds.
func (op operation) errors() reasonsByStatus {
	r := reasonsByStatus{}
	r.add(http.StatusBadRequest, rpcv1.ErrorReason_INVALID_ARGUMENT, rpcv1.ErrorReason_MALFORMED_BODY)
	if slices.ContainsFunc(op.parameters("query"), isCursor) {
		r.add(http.StatusBadRequest, rpcv1.ErrorReason_INVALID_CURSOR)
	}
	if op.wantsCredentials() {
		r.add(http.StatusUnauthorized, rpcv1.ErrorReason_CREDENTIALS_MISSING, rpcv1.ErrorReason_CREDENTIALS_INVALID,
			rpcv1.ErrorReason_TOKEN_EXPIRED, rpcv1.ErrorReason_TOKEN_REVOKED)
	}
	if len(op.parameters("path")) > 0 {
		r.add(http.StatusNotFound, rpcv1.ErrorReason_NOT_FOUND)
	}
	if len(op.parameters("body")) > 0 {
		r.add(http.StatusRequestEntityTooLarge, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE)
		r.add(http.StatusUnsupportedMediaType, rpcv1.ErrorReason_MALFORMED_BODY)
	}
	op.addWritten(r)
	return r.withShared()
}

// addWritten adds the errors of proto/openapi.yaml.
func (op operation) addWritten(r reasonsByStatus) {
	written, _ := op.object["x-errors"].(object)
	for status, reasons := range written {
		list, _ := reasons.([]any)
		for _, reason := range list {
			if reason, ok := reason.(string); ok && !slices.Contains(r[status], reason) {
				r[status] = append(r[status], reason)
			}
		}
	}
}

// withShared adds to statuses that are there what every operation may answer with them.
func (r reasonsByStatus) withShared() reasonsByStatus {
	for status, reasons := range anywhere() {
		if r[status] != nil {
			r[status] = append(r[status], reasons...)
		}
	}
	return r
}

// wantsCredentials says whether a caller has to say who they are.
func (op operation) wantsCredentials() bool {
	own, ok := op.object["security"].([]any)
	return !ok || len(own) > 0
}

func isCursor(parameter object) bool {
	return parameter["name"] == "pageToken" || parameter["name"] == "afterCursor"
}

// describeErrors gives an operation a response for each status that an error of it may have, with the reasons in x-reasons
// for programs. Those of every operation are said once, in `responses`.
func (op operation) describeErrors() {
	responses, _ := op.object["responses"].(object)
	for status, reasons := range op.errors() {
		responses[status] = errorResponse(status, reasons)
	}
	for status := range anywhere() {
		if responses[status] == nil {
			responses[status] = object{"$ref": "#/responses/" + status}
		}
	}
	responses["default"] = object{"description": "Any other error.", "schema": object{"$ref": refPrefix + statusDefinition}}
	delete(op.object, "x-errors")
}

func errorResponse(status string, reasons []string) object {
	response := object{
		"description": "`" + strings.Join(reasons, "`, `") + "`",
		"schema":      object{"$ref": refPrefix + statusDefinition},
		"x-reasons":   reasons,
	}
	switch status {
	case "429", "503":
		response["headers"] = object{"Retry-After": object{"type": "integer", "description": "Seconds to wait."}}
	case "401":
		response["headers"] = object{"WWW-Authenticate": object{"type": "string", "description": "As in RFC 6750."}}
	}
	return response
}
