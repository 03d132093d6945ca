package httpgw

import (
	"cmp"
	"html/template"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// docsStatus is an HTTP status with the reasons that it may have.
type docsStatus struct {
	Status  string
	Reasons []string
}

// docsError is a reason.
type docsError struct {
	Reason   string
	Statuses []string
	Text     template.HTML
}

// told answers the errors that the document says an operation may have, but for those of every operation.
func (op operation) told() reasonsByStatus {
	told := reasonsByStatus{}
	responses, _ := op.object["responses"].(object)
	for status, response := range responses {
		response, _ := response.(object)
		if reasons := textsOf(response["x-reasons"]); len(reasons) > 0 {
			told[status] = reasons
		}
	}
	return told
}

// ownErrors answers what may go wrong with an operation rather than with any.
func (op operation) ownErrors() []docsStatus {
	told := op.told()
	var list []docsStatus
	for _, status := range slices.Sorted(maps.Keys(told)) {
		if own := slices.DeleteFunc(slices.Clone(told[status]), isGeneral); len(own) > 0 {
			list = append(list, docsStatus{status, own})
		}
	}
	return list
}

// generalReasons are those that any operation may have, by its shape. The page tells them once.
var generalReasons = []rpcv1.ErrorReason{
	rpcv1.ErrorReason_INVALID_ARGUMENT, rpcv1.ErrorReason_MALFORMED_BODY, rpcv1.ErrorReason_PAYLOAD_TOO_LARGE,
	rpcv1.ErrorReason_CREDENTIALS_MISSING, rpcv1.ErrorReason_CREDENTIALS_INVALID,
	rpcv1.ErrorReason_TOKEN_EXPIRED, rpcv1.ErrorReason_TOKEN_REVOKED, rpcv1.ErrorReason_RATE_LIMIT,
}

func isGeneral(reason string) bool {
	return slices.Contains(generalReasons, rpcv1.ErrorReason(rpcv1.ErrorReason_value[reason]))
}

// errorsOf answers every reason that an operation may have, in the order of the HTTP statuses.
func errorsOf(doc document, words translation) []docsError {
	statuses := map[string][]string{} // by reason
	note := func(told reasonsByStatus) {
		for status, reasons := range told {
			for _, reason := range reasons {
				if !slices.Contains(statuses[reason], status) {
					statuses[reason] = append(statuses[reason], status)
				}
			}
		}
	}
	note(anywhere())
	for _, op := range doc.operations {
		note(op.told())
	}
	var list []docsError
	for reason, of := range statuses {
		slices.Sort(of)
		list = append(list, docsError{reason, of, reasonText(reason, words)})
	}
	slices.SortFunc(list, func(a, b docsError) int {
		return cmp.Or(cmp.Compare(a.Statuses[0], b.Statuses[0]), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// reasonText is what callers are told of a reason.
func reasonText(reason string, words translation) template.HTML {
	err := rpcerr.New(codes.Unknown, rpcv1.ErrorReason(rpcv1.ErrorReason_value[reason]), "")
	said := rpcerr.Message(err)
	if words != nil {
		said = rpcerr.Localized(err)
	}
	return template.HTML(template.HTMLEscapeString(said))
}
