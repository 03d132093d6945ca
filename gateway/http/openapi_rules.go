package httpgw

import (
	"maps"
	"regexp"
	"slices"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/palabre/palabre/internal/jsonpb"
)

// describeRules says of requests what the services check by the rules in the protos, and of answers which fields are
// always there.
func (d document) describeRules() {
	said := map[string]bool{}
	for _, op := range d.operations {
		for _, p := range append(op.parameters("path"), op.parameters("query")...) {
			describeField(p, fieldOf(op.rpc.Input(), p["name"]))
		}
		for _, p := range op.parameters("body") {
			schema, _ := p["schema"].(object)
			message := op.rpc.Input()
			if field := fieldOf(message, p["name"]); field != nil {
				message = field.Message() // the body is one field of the request
			}
			d.describeRequest(schema, message, said)
		}
	}
	maps.Copy(d.asked, said)
	for _, op := range d.operations {
		d.describeAnswer(op.answer(), op.rpc.Output(), said)
	}
}

func fieldOf(message protoreflect.MessageDescriptor, name any) protoreflect.FieldDescriptor {
	text, _ := name.(string)
	return message.Fields().ByJSONName(text)
}

// describeRequest gives the definition of a message, and of those within it, the rules of its fields.
func (d document) describeRequest(schema object, message protoreflect.MessageDescriptor, said map[string]bool) {
	d.eachField(schema, message, said, func(definition, property object, field protoreflect.FieldDescriptor) {
		if describeField(property, field) {
			require(definition, field)
		}
		if one := field.ContainingOneof(); one != nil && !one.IsSynthetic() {
			property["x-one-of"] = string(one.Name()) // Of those with the same, one is given.
		}
		d.describeRequest(itemOf(property), field.Message(), said)
	})
}

// describeAnswer says which fields an answer always has. A definition that requests have too
// says what they must have, and no more.
func (d document) describeAnswer(schema object, message protoreflect.MessageDescriptor, said map[string]bool) {
	d.eachField(schema, message, said, func(definition, property object, field protoreflect.FieldDescriptor) {
		if !jsonpb.MayBeAbsent(field) {
			require(definition, field)
		}
		d.describeAnswer(itemOf(property), field.Message(), said)
	})
}

// eachField visits the properties of a definition that was not visited before.
func (d document) eachField(schema object, message protoreflect.MessageDescriptor, said map[string]bool,
	visit func(definition, property object, field protoreflect.FieldDescriptor),
) {
	name, definition := d.resolve(schema)
	properties, _ := definition["properties"].(object)
	if message == nil || said[name] || name == "" {
		return
	}
	said[name] = true
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if property, ok := properties[field.JSONName()].(object); ok {
			d.order[name] = append(d.order[name], field.JSONName())
			visit(definition, property, field)
		}
	}
}

// itemOf answers the schema of a list's items, or the schema itself.
func itemOf(schema object) object {
	if items, ok := schema["items"].(object); ok {
		return items
	}
	return schema
}

func require(definition object, field protoreflect.FieldDescriptor) {
	names, _ := definition["required"].([]string)
	definition["required"] = append(names, field.JSONName())
}

// describeField gives a schema or a parameter the rules of a field, and answers whether the field has to be given.
func describeField(schema object, field protoreflect.FieldDescriptor) (required bool) {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	describeNumber(schema, rules)
	describeText(schema, rules.GetString())
	describeWords(schema, field, rules.GetEnum())
	if list := rules.GetRepeated(); list != nil {
		set(schema, "minItems", list.MinItems)
		set(schema, "maxItems", list.MaxItems)
		set(schema, "uniqueItems", list.Unique)
		describeText(itemOf(schema), list.GetItems().GetString())
	}
	required = mustBeGiven(field, rules)
	if required && schema["in"] != nil {
		schema["required"] = true
	}
	return required
}

// set says a rule that the proto says.
func set[T any](schema object, key string, rule *T) {
	if rule != nil {
		schema[key] = *rule
	}
}

func describeNumber(schema object, rules *validate.FieldRules) {
	if r := rules.GetInt32(); r != nil {
		setBounds(schema, r.HasGte() || r.HasGt(), r.GetGte()+r.GetGt(), r.HasGt(), r.HasLte(), r.GetLte())
	}
	if r := rules.GetDouble(); r != nil {
		setBounds(schema, r.HasGte() || r.HasGt(), r.GetGte()+r.GetGt(), r.HasGt(), r.HasLte(), r.GetLte())
	}
}

func setBounds[T int32 | float64](schema object, hasMin bool, least T, exclusive, hasMax bool, most T) {
	if hasMin {
		schema["minimum"] = least
	}
	if exclusive {
		schema["exclusiveMinimum"] = true
	}
	if hasMax {
		schema["maximum"] = most
	}
}

func describeText(schema object, rules *validate.StringRules) {
	if rules == nil {
		return
	}
	set(schema, "minLength", rules.MinLen)
	set(schema, "maxLength", rules.MaxLen)
	set(schema, "pattern", rules.Pattern)
	switch {
	case rules.GetUuid():
		schema["format"] = "uuid"
	case rules.GetEmail():
		schema["format"] = "email"
	}
}

// describeWords narrows an enumeration to the words that the field accepts.
func describeWords(schema object, field protoreflect.FieldDescriptor, rules *validate.EnumRules) {
	if len(rules.GetIn()) == 0 {
		return
	}
	var words []string
	for _, number := range rules.GetIn() {
		words = append(words, string(field.Enum().Values().ByNumber(protoreflect.EnumNumber(number)).Name()))
	}
	delete(schema, "$ref")
	schema["type"], schema["enum"] = "string", words
}

// mustBeGiven says whether the rules refuse a field that is left out.
func mustBeGiven(field protoreflect.FieldDescriptor, rules *validate.FieldRules) bool {
	if rules.GetRequired() {
		return true
	}
	if field.HasPresence() || rules.GetIgnore() == validate.Ignore_IGNORE_IF_ZERO_VALUE {
		return false
	}
	if words := rules.GetEnum(); slices.Contains(words.GetNotIn(), 0) || (len(words.GetIn()) > 0 && !slices.Contains(words.GetIn(), 0)) {
		return true
	}
	return refusesEmpty(rules.GetString()) || rules.GetRepeated().GetMinItems() > 0
}

func refusesEmpty(rules *validate.StringRules) bool {
	if rules.GetMinLen() > 0 || rules.GetUuid() || rules.GetEmail() {
		return true
	}
	pattern, err := regexp.Compile(rules.GetPattern())
	return err == nil && rules.GetPattern() != "" && !pattern.MatchString("")
}
