package auth

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"
)

// Rule says which kinds of caller may call a method. Rules are joined with |: whoever one of them lets in may call.
type Rule uint8

const (
	// Anyone needs no credentials. Alone, it does not look at them, so that a stale token shuts nobody out; joined with
	// others, the credentials that come are verified and the caller is known to the handler.
	Anyone Rule = 1 << iota
	// Users are people known to the host product, and services that act for one.
	Users
	// Visitors are people without account.
	Visitors
	// Services are back ends with an API key, whether they act for a user or as themselves.
	Services
	// Admins are users whom the host product made admin of their entity or of the application, and services.
	Admins
	// Peers are components of Palabre that act as themselves.
	Peers
)

// Allows says whether the Rule lets a known caller in.
func (r Rule) Allows(p Principal) bool {
	return r&(Anyone|kinds(p)) != 0
}

// NeedsNobody says that the Rule is Anyone alone: credentials are not looked at.
func (r Rule) NeedsNobody() bool { return r == Anyone }

// NeedsNoCredentials says that the Rule lets callers in of whom nothing is known but where they call from.
func (r Rule) NeedsNoCredentials() bool { return r&Anyone != 0 }

// kinds answers every Rule that lets a caller in.
func kinds(p Principal) Rule {
	switch {
	case p.Kind == KindService && p.UserID != "":
		return Services | Admins | Users
	case p.Kind == KindService:
		return Services | Admins
	case p.IsAdmin():
		return Users | Admins
	case p.Kind == KindUser:
		return Users
	case p.Kind == KindVisitor:
		return Visitors
	case p.Kind == KindPeer:
		return Peers
	default:
		return 0
	}
}

// Policy is a table of full method ("/palabre.chat.v1.ChatService/SendMessage") to who may call it. A method that is not
// in it may be called by nobody.
type Policy map[string]Rule

// Authorize answers nil when the caller may call the method. known is false when nobody proved who they are.
// Errors: ErrNoCredentials, ErrNotAllowed.
func (t Policy) Authorize(method string, p Principal, known bool) error {
	rule, listed := t[method]
	switch {
	case !listed:
		return fmt.Errorf("%w: %s is in no policy", ErrNotAllowed, method)
	case rule&Anyone != 0:
		return nil
	case !known:
		return ErrNoCredentials
	case !rule.Allows(p):
		return fmt.Errorf("%w: %s is not for a %s", ErrNotAllowed, method, p.Kind)
	}
	return nil
}

// Missing answers the full methods of a service that the table does not mention, for the test that finds them.
func (t Policy) Missing(service *grpc.ServiceDesc) []string {
	var missing []string
	look := func(name string) {
		method := "/" + service.ServiceName + "/" + name
		if _, ok := t[method]; !ok {
			missing = append(missing, method)
		}
	}
	for _, m := range service.Methods {
		look(m.MethodName)
	}
	for _, s := range service.Streams {
		look(s.StreamName)
	}
	slices.Sort(missing)
	return missing
}

// MergePolicies makes one table of those of several services.
func MergePolicies(policies ...Policy) Policy {
	all := Policy{}
	for _, p := range policies {
		maps.Copy(all, p)
	}
	return all
}
