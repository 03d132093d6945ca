package httpgw

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/palabre/palabre/gen"
)

// object is an object of the OpenAPI document. The document is read and completed as JSON: a model of OpenAPI would be
// larger than what is done with it.
type object = map[string]any

// document is what the REST interface says of itself: the generated OpenAPI document, without what this server does not
// serve, completed with what the generator cannot know.
type document struct {
	root        object
	definitions object
	operations  []operation // by path, then method
	// order has the fields of each definition as the proto has them; objects of JSON have no order.
	order map[string][]string
	// asked are the definitions that requests have.
	asked map[string]bool
}

// operation is one method on one path, in the document and in the protos.
type operation struct {
	object
	rpc          protoreflect.MethodDescriptor
	method, path string
}

func newDocument(services []service, version string) (document, error) {
	d := document{order: map[string][]string{}, asked: map[string]bool{}}
	if err := json.Unmarshal(gen.OpenAPI, &d.root); err != nil {
		return d, fmt.Errorf("httpgw: the OpenAPI document: %w", err)
	}
	paths, _ := d.root["paths"].(object)
	info, _ := d.root["info"].(object)
	d.definitions, _ = d.root["definitions"].(object)
	if paths == nil || info == nil || d.definitions == nil {
		return d, fmt.Errorf("httpgw: the OpenAPI document has no paths, no info or no definitions")
	}
	d.operations = takeServed(paths, servedMethods(services))
	d.root["basePath"] = "/"
	if version != "" {
		info["version"] = version
	}
	d.complete()
	return d, nil
}

// complete says what the generator does not.
func (d document) complete() {
	for _, op := range d.operations {
		op.name()
		op.describeErrors()
	}
	d.describeStatus()
	d.describeRules()
	d.describeFiles()
	d.dropUnused()
}

// servedMethods answers the served methods by operationId.
func servedMethods(services []service) map[string]protoreflect.MethodDescriptor {
	served := map[string]protoreflect.MethodDescriptor{}
	for _, s := range services {
		if s.conn == nil {
			continue
		}
		for i := range s.descriptor.Methods().Len() {
			m := s.descriptor.Methods().Get(i)
			served[s.name()+"_"+string(m.Name())] = m
		}
	}
	return served
}

// takeServed drops the operations that are not served, and the paths that are left without any, and answers the rest.
func takeServed(paths object, served map[string]protoreflect.MethodDescriptor) []operation {
	var operations []operation
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods, _ := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op, _ := methods[method].(object)
			id, _ := op["operationId"].(string)
			if served[id] == nil {
				delete(methods, method)
				continue
			}
			operations = append(operations, operation{op, served[id], method, path})
		}
		if len(methods) == 0 {
			delete(paths, path)
		}
	}
	return operations
}

// name gives an operation its title of proto/openapi.yaml. What the generator takes for a summary is the comment of the
// RPC, which begins with the RPC's name.
func (op operation) name() {
	comment, _ := op.object["summary"].(string)
	if rest, ok := strings.CutPrefix(comment, string(op.rpc.Name())+" "); ok {
		comment = strings.ToUpper(rest[:1]) + rest[1:]
	}
	op.object["description"] = comment
	op.object["summary"] = op.object["x-title"]
	delete(op.object, "x-title")
}

// parameters answers an operation's parameters that are in one place: path, query or body.
func (op operation) parameters(in string) []object {
	all, _ := op.object["parameters"].([]any)
	var some []object
	for _, p := range all {
		if p, ok := p.(object); ok && p["in"] == in {
			some = append(some, p)
		}
	}
	return some
}

// answer is the schema of an operation's success.
func (op operation) answer() object {
	responses, _ := op.object["responses"].(object)
	success, _ := responses["200"].(object)
	schema, _ := success["schema"].(object)
	return schema
}

const refPrefix = "#/definitions/"

// resolve answers the definition that a schema refers to, and its name: the schema itself, and none, when it refers to none.
func (d document) resolve(schema object) (name string, definition object) {
	ref, _ := schema["$ref"].(string)
	name, ok := strings.CutPrefix(ref, refPrefix)
	if !ok {
		return "", schema
	}
	definition, _ = d.definitions[name].(object)
	return name, definition
}

// dropUnused takes away the definitions that nothing refers to: what is not served, and what the generator adds.
func (d document) dropUnused() {
	used := map[string]bool{}
	var visit func(any)
	visit = func(node any) {
		switch node := node.(type) {
		case object:
			if name, definition := d.resolve(node); name != "" && !used[name] {
				used[name] = true
				visit(definition)
			}
			for _, child := range node {
				visit(child)
			}
		case []any:
			for _, child := range node {
				visit(child)
			}
		}
	}
	visit(d.root["paths"])
	visit(d.root["responses"])
	for name := range d.definitions {
		if !used[name] {
			delete(d.definitions, name)
		}
	}
}
