package httpgw

import (
	"html/template"
	"strconv"
	"strings"
)

// limits says how long a text or a list may be.
func limits(schema object, words translation) (said []template.HTML) {
	for _, limit := range []struct{ least, most, upTo, between string }{
		{"minLength", "maxLength", "at most %s characters", "%s to %s characters"},
		{"minItems", "maxItems", "at most %s items", "%s to %s items"},
	} {
		least, most := number(schema[limit.least]), number(schema[limit.most])
		switch {
		case most == "":
		case least == "":
			said = append(said, fill(words.prose(limit.upTo), most))
		default:
			said = append(said, fill(words.prose(limit.between), least, most))
		}
	}
	if pattern, _ := schema["pattern"].(string); pattern != "" {
		said = append(said, template.HTML("<code>"+template.HTMLEscapeString(pattern)+"</code>"))
	}
	return said
}

func number(v any) string {
	if n, ok := v.(uint64); ok {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

func fill(text template.HTML, values ...string) template.HTML {
	for _, v := range values {
		text = template.HTML(strings.Replace(string(text), "%s", v, 1))
	}
	return text
}
