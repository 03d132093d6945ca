package httpgw

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// bulkRoutes take lists whose contract lets them grow beyond Limits.Body: 5,000 users, 1,000 participants, 100 targets
// with 8,000 characters (each up to 12 bytes when escaped, as PHP does), 100,000 words.
var bulkRoutes = []string{
	"PUT /api/chat/directory/users",
	"PUT /api/chat/moderation/rules",
	"POST /api/chat/conversations",
	"POST /api/chat/announcements",
	"PUT /api/chat/messages/{id}",
}

// route is one HTTP method on one path, and the RPC it becomes.
type route struct {
	method   string
	template string // /api/chat/conversations/{id}
	rpc      protoreflect.MethodDescriptor
	body     string // "": it has none; "*": the whole request; or a field of the request
	maxBody  int64
	query    map[string]protoreflect.FieldDescriptor // by JSON name and by proto name
	served   bool
}

// resource is a path and what can be done there.
type resource struct {
	template string
	segments []string // "" is a parameter
	methods  map[string]*route
}

// allow answers the value of an Allow header.
func (r *resource) allow() string {
	allowed := []string{http.MethodOptions}
	for method := range r.methods {
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	return strings.Join(allowed, ", ")
}

// routeTable is every path of the REST interface. It says no more than grpc-gateway's own, which cannot be asked what
// is allowed on a path or which parameters it knows.
type routeTable struct {
	resources []*resource
}

func newRouteTable(limits Limits, services ...service) (*routeTable, error) {
	t := &routeTable{}
	for _, s := range services {
		methods := s.descriptor.Methods()
		for i := range methods.Len() {
			rt, err := newRoute(methods.Get(i))
			if err != nil {
				return nil, err
			}
			if rt == nil {
				continue // not offered over HTTP
			}
			rt.served = s.conn != nil
			rt.maxBody = limits.Body
			if slices.Contains(bulkRoutes, rt.method+" "+rt.template) {
				rt.maxBody = limits.BulkBody
			}
			t.add(rt)
		}
	}
	return t, nil
}

func newRoute(rpc protoreflect.MethodDescriptor) (*route, error) {
	rule, _ := proto.GetExtension(rpc.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil, nil
	}
	if len(rule.GetAdditionalBindings()) > 0 {
		return nil, fmt.Errorf("httpgw: %s has several HTTP bindings; one is what this package expects", rpc.FullName())
	}
	rt := &route{rpc: rpc, body: rule.GetBody()}
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		rt.method, rt.template = http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		rt.method, rt.template = http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		rt.method, rt.template = http.MethodPost, p.Post
	case *annotations.HttpRule_Delete:
		rt.method, rt.template = http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		rt.method, rt.template = http.MethodPatch, p.Patch
	default:
		return nil, fmt.Errorf("httpgw: %s has an HTTP binding of kind %T", rpc.FullName(), p)
	}
	rt.query = rt.queryFields()
	return rt, nil
}

// queryFields answers the fields of the request that neither the path nor the body give.
func (rt *route) queryFields() map[string]protoreflect.FieldDescriptor {
	if rt.body == "*" {
		return nil
	}
	known := map[string]protoreflect.FieldDescriptor{}
	fields := rt.rpc.Input().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		name := string(fd.Name())
		if name == rt.body || strings.Contains(rt.template, "{"+name+"}") {
			continue
		}
		known[name], known[fd.JSONName()] = fd, fd
	}
	return known
}

func (t *routeTable) add(rt *route) {
	segments := splitPath(rt.template)
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = ""
		}
	}
	for _, r := range t.resources {
		if slices.Equal(r.segments, segments) {
			r.methods[rt.method] = rt
			return
		}
	}
	t.resources = append(t.resources, &resource{
		template: rt.template,
		segments: segments,
		methods:  map[string]*route{rt.method: rt},
	})
}

// match answers the resource of a path, or nil. A parameter is never empty.
func (t *routeTable) match(path string) *resource {
	segments := splitPath(path)
	for _, r := range t.resources {
		if r.matches(segments) {
			return r
		}
	}
	return nil
}

func (r *resource) matches(segments []string) bool {
	return slices.EqualFunc(r.segments, segments, func(want, got string) bool {
		return got != "" && (want == "" || want == got)
	})
}

func splitPath(path string) []string {
	return strings.Split(strings.TrimPrefix(path, "/"), "/")
}
