package moderation

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc/codes"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// violation is what is wrong with a part of rules.
type violation struct {
	// field is the path within the rules, called as in the proto: rules[3].regular_expression.pattern.
	field       string
	description string
	// isHarmless says that the rules can be judged by all the same: it is of an entry that can never be found.
	isHarmless bool
}

type violations []violation

// harmful answers the first that keeps the rules from being judged by.
func (all violations) harmful() (violation, bool) {
	for _, v := range all {
		if !v.isHarmless {
			return v, true
		}
	}
	return violation{}, false
}

// refusal is what the caller is told who set rules, or tried them, in a field of a request; nil when nothing is wrong.
func (all violations) refusal(field string) error {
	if len(all) == 0 {
		return nil
	}
	if len(all) > maxViolations {
		all = all[:maxViolations]
	}
	first := field + "." + jsonPath(all[0].field)
	options := make([]rpcerr.Option, len(all))
	for i, v := range all {
		options[i] = rpcerr.Field(field+"."+jsonPath(v.field), v.description)
	}
	return rpcerr.New(codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT,
		"The rules are not valid: "+first+": "+all[0].description+".", options...)
}

// maxViolations is how many are told: gRPC sends errors in a header, which is not to hold thousands.
const maxViolations = 20

// jsonPath names a field as it is called in JSON: rules[3].regularExpression.pattern.
func jsonPath(path string) string {
	var b strings.Builder
	upper, key := false, false
	for _, r := range path {
		switch {
		case r == '[' || r == ']':
			key = r == '['
			b.WriteRune(r)
		case r == '_' && !key:
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// CheckRules names the first field that keeps rules from being judged by, called as in the proto.
func CheckRules(rules *moderationv1.Rules) error {
	if err := protovalidate.Validate(rules); err != nil {
		return firstViolation(err)
	}
	_, wrong := compile(rules)
	if v, ok := wrong.harmful(); ok {
		return fmt.Errorf("%s: %s", v.field, v.description)
	}
	return nil
}

// firstViolation answers the first thing that is wrong with a message.
func firstViolation(err error) error {
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	first := invalid.Violations[0].Proto
	return fmt.Errorf("%s: %s", protovalidate.FieldPathString(first.GetField()), first.GetMessage())
}
