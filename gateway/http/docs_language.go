package httpgw

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// docsFrench has the French of every text of the page, by its English: titles, explanations of the protos, and the page's
// own words. A text that it lacks is shown in English; a test finds those.
//
//go:embed docs_fr.json
var docsFrench []byte

// translation has texts of another language by their English. A nil one leaves everything in English.
type translation map[string]string

func frenchWords() (translation, error) {
	words := translation{}
	if err := json.Unmarshal(docsFrench, &words); err != nil {
		return nil, fmt.Errorf("httpgw: docs_fr.json: %w", err)
	}
	return words, nil
}

// prose writes a text as HTML, with what is between backticks as code. One that is not translated says that it is English.
func (w translation) prose(text string) template.HTML {
	text = strings.Join(strings.Fields(text), " ")
	said, known := w[text]
	if !known {
		said = text
	}
	var html strings.Builder
	for i, part := range strings.Split(said, "`") {
		if i%2 == 1 {
			part = "<code>" + template.HTMLEscapeString(part) + "</code>"
		} else {
			part = template.HTMLEscapeString(part)
		}
		html.WriteString(part)
	}
	if w != nil && !known && text != "" {
		return template.HTML(`<span lang="en">` + html.String() + `</span>`)
	}
	return template.HTML(html.String())
}
