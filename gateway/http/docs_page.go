package httpgw

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
)

// docsPage is what the template shows. Texts are HTML, in the language of the page.
type docsPage struct {
	French  bool
	Version string
	Style   template.CSS
	Groups  []docsGroup
	Types   []docsType
	Errors  []docsError
	Topics  []docsTopic
}

// docsGroup is what people come for, such as conversations.
type docsGroup struct {
	ID          string
	Title, Text template.HTML
	Operations  []docsOperation
}

// docsOperation is one method on one path.
type docsOperation struct {
	ID, Method, Path string
	Title, Text      template.HTML
	Public, BackEnds bool // who may call
	InPath, Query    []docsField
	Body, Answer     []docsField
	Answers          docsValue
	Errors           []docsStatus
	Void             bool // the answer is an empty object
	File             bool // it is a file
}

// groupsOf answers the operations by what they are for.
func groupsOf(doc document, words translation) []docsGroup {
	var groups []docsGroup
	tags, _ := doc.root["tags"].([]any)
	for _, tag := range tags {
		tag, _ := tag.(object)
		name, _ := tag["name"].(string)
		text, _ := tag["description"].(string)
		group := docsGroup{ID: strings.ToLower(name), Title: words.prose(name), Text: words.prose(text)}
		for _, op := range doc.operations {
			if list, _ := op.object["tags"].([]any); slices.Contains(list, any(name)) {
				group.Operations = append(group.Operations, doc.operation(op, words))
			}
		}
		slices.SortStableFunc(group.Operations, byPathThenMethod)
		if len(group.Operations) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

func byPathThenMethod(a, b docsOperation) int {
	order := []string{"GET", "POST", "PUT", "DELETE"}
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(slices.Index(order, a.Method), slices.Index(order, b.Method)),
	)
}

// operation says of an operation what the page shows.
func (d document) operation(op operation, words translation) docsOperation {
	title, _ := op.object["summary"].(string)
	text, _ := op.object["description"].(string)
	id, _ := op.object["operationId"].(string)
	shown := docsOperation{
		ID: id, Method: strings.ToUpper(op.method), Path: op.path,
		Title: words.prose(title), Text: words.prose(text),
		Public:   !op.wantsCredentials(),
		BackEnds: op.object["security"] != nil && op.wantsCredentials(),
		Errors:   op.ownErrors(),
	}
	for _, p := range op.parameters("path") {
		shown.InPath = append(shown.InPath, d.field(p, words))
	}
	for _, p := range op.parameters("query") {
		shown.Query = append(shown.Query, d.field(p, words))
	}
	for _, p := range op.parameters("body") {
		schema, _ := p["schema"].(object)
		shown.Body = d.fields(schema, words)
	}
	for _, p := range op.parameters("formData") {
		shown.Body = append(shown.Body, d.field(p, words))
	}
	shown.Answers = d.value(op.answer(), words)
	if shown.Answers.Link == "" {
		shown.Answer = d.fields(op.answer(), words)
		shown.File = op.answer()["type"] == "file"
		shown.Void = len(shown.Answer) == 0 && !shown.File
	}
	return shown
}
