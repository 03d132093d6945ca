package httpgw

import (
	"html/template"
	"maps"
	"slices"
	"strings"
)

// docsType is an object that several operations answer or take, or an enumeration.
type docsType struct {
	Name   string
	Text   template.HTML
	Fields []docsField
	Words  []docsWord
}

// docsWord is a word of an enumeration.
type docsWord struct {
	Word string
	Text template.HTML
}

// docsField is a field of an object, or a parameter.
type docsField struct {
	Name     string
	Value    docsValue
	Required bool // in a request
	Text     template.HTML
	Limits   []template.HTML
}

// docsValue is what a field holds.
type docsValue struct {
	Text  template.HTML
	List  bool
	Link  string   // the type that it is one of; empty for a simple value
	Words []string // what it may be, where it is one of few
}

// typesOf answers the types that have a place of their own on the page.
func typesOf(doc document, words translation) []docsType {
	var types []docsType
	for _, name := range slices.Sorted(maps.Keys(doc.definitions)) {
		definition, _ := doc.definitions[name].(object)
		if !hasOwnPlace(name, definition) {
			continue
		}
		text, _ := definition["description"].(string)
		text, meanings := splitWords(text)
		t := docsType{Name: name, Text: words.prose(text), Fields: doc.fields(object{"$ref": refPrefix + name}, words)}
		for _, word := range textsOf(definition["enum"]) {
			t.Words = append(t.Words, docsWord{word, words.prose(meanings[word])})
		}
		types = append(types, t)
	}
	return types
}

// hasOwnPlace says of a definition that it is a thing of the design, and neither the shape of one call nor a few words
// that explain themselves.
func hasOwnPlace(name string, definition object) bool {
	if definition["enum"] != nil && definition["description"] == nil {
		return false
	}
	for _, suffix := range []string{"Request", "Response", "Body"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return true
}

// fields answers the fields of an object, as the proto orders them.
func (d document) fields(schema object, words translation) []docsField {
	name, definition := d.resolve(schema)
	properties, _ := definition["properties"].(object)
	required, _ := definition["required"].([]string)
	order := d.order[name]
	if order == nil {
		order = slices.Sorted(maps.Keys(properties))
	}
	var fields []docsField
	for _, key := range order {
		property, _ := properties[key].(object)
		field := d.field(property, words)
		field.Name, field.Required = key, d.asked[name] && slices.Contains(required, key)
		fields = append(fields, field)
	}
	return fields
}

// field says of a property or a parameter what the page shows.
func (d document) field(schema object, words translation) docsField {
	name, _ := schema["name"].(string)
	required, _ := schema["required"].(bool)
	text, _ := schema["description"].(string)
	text, _ = splitWords(text)
	return docsField{
		Name:     name,
		Value:    d.value(schema, words),
		Required: required,
		Text:     words.prose(text),
		Limits:   limits(schema, words),
	}
}

// value says what kind of value a schema is.
func (d document) value(schema object, words translation) docsValue {
	if items, ok := schema["items"].(object); ok {
		value := d.value(items, words)
		value.List = true
		return value
	}
	name, definition := d.resolve(schema)
	value := docsValue{Words: textsOf(definition["enum"])}
	if name != "" && hasOwnPlace(name, definition) {
		value.Link = name
	}
	if value.Link == "" || value.Words != nil {
		value.Text = words.prose(simpleType(definition))
	}
	return value
}

// simpleType names the type of a simple value.
func simpleType(schema object) string {
	switch schema["format"] {
	case "date-time":
		return "time"
	case "int64":
		return "whole number in a string"
	case "uuid":
		return "UUID"
	case "email":
		return "e-mail address"
	}
	switch schema["type"] {
	case "boolean":
		return "true or false"
	case "integer":
		return "whole number"
	case "number":
		return "number"
	case "object":
		return "object"
	case "file":
		return "file"
	}
	if schema["enum"] != nil {
		return "one of"
	}
	return "text"
}

// splitWords parts the explanation of an enumeration from those of its words, which the generator lists below it as
// ` - one_to_one: Two users …`.
func splitWords(text string) (explanation string, meanings map[string]string) {
	meanings = map[string]string{}
	parts := strings.Split("\n"+text, "\n - ")
	for _, part := range parts[1:] {
		word, meaning, _ := strings.Cut(part, ": ")
		meanings[word] = meaning
	}
	return strings.TrimSpace(parts[0]), meanings
}

// textsOf answers a list of texts, as JSON or this package wrote it.
func textsOf(list any) []string {
	if texts, ok := list.([]string); ok {
		return texts
	}
	var texts []string
	values, _ := list.([]any)
	for _, v := range values {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
