package httpgw

import (
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// checkQuery says what is wrong with a query. grpc-gateway ignores parameters that it does not know, so a misspelt
// limit would be none; and it does not say in a readable way which parameter is at fault.
func (rt *route) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return malformed("the query of the URL is not well formed")
	}
	given := map[protoreflect.FieldNumber]bool{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field := rt.query[name]
		switch {
		case field == nil:
			return invalid(shortened(name), "is not a parameter of this path")
		case given[field.Number()], len(values[name]) > 1 && !field.IsList():
			return invalid(name, "is given twice")
		case !rt.acceptsValues(name, values[name]):
			return invalid(name, expected(field))
		}
		given[field.Number()] = true
	}
	return nil
}

func (rt *route) acceptsValues(name string, values []string) bool {
	for _, v := range values {
		if !utf8.ValidString(v) {
			return false
		}
	}
	none := &utilities.DoubleArray{}
	return runtime.PopulateQueryParameters(dynamicpb.NewMessage(rt.rpc.Input()), url.Values{name: values}, none) == nil
}

// shortened makes a name that the caller made up fit for an answer. What is not UTF-8 becomes U+FFFD.
func shortened(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), 60)])
}
