package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/palabre/palabre/internal/auth"
)

const method = "/test.Service/Method"

func TestARuleSaysWhichKindsOfCallerMayCall(t *testing.T) {
	nobody := auth.Principal{}
	user := auth.Principal{Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleMember}
	vouched := auth.Principal{Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleMember, Peer: "mqtt"}
	admin := auth.Principal{Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleAdmin}
	super := auth.Principal{Kind: auth.KindUser, UserID: "alice", RoleKind: auth.RoleSuperAdmin}
	visitor := auth.Principal{Kind: auth.KindVisitor, UserID: "v1"}
	service := auth.Principal{Kind: auth.KindService}
	acting := auth.Principal{Kind: auth.KindService, UserID: "alice"}
	peer := auth.Principal{Kind: auth.KindPeer, Peer: "chat"}
	all := []auth.Principal{nobody, user, vouched, admin, super, visitor, service, acting, peer}

	for name, c := range map[string]struct {
		rule auth.Rule
		in   []auth.Principal
	}{
		"Anyone":           {auth.Anyone, all},
		"Users":            {auth.Users, []auth.Principal{user, vouched, admin, super, acting}},
		"Visitors":         {auth.Visitors, []auth.Principal{visitor}},
		"Services":         {auth.Services, []auth.Principal{service, acting}},
		"Admins":           {auth.Admins, []auth.Principal{admin, super, service, acting}},
		"Peers":            {auth.Peers, []auth.Principal{peer}},
		"Users|Visitors":   {auth.Users | auth.Visitors, []auth.Principal{user, vouched, admin, super, visitor, acting}},
		"Admins|Peers":     {auth.Admins | auth.Peers, []auth.Principal{admin, super, service, acting, peer}},
		"the rule of none": {0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var in []auth.Principal
			for _, p := range all {
				if auth.Policy.Authorize(auth.Policy{method: c.rule}, method, p, p != nobody) == nil {
					in = append(in, p)
				}
			}
			if diff := cmp.Diff(c.in, in); diff != "" {
				t.Errorf("who may call (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPolicyTellsTheUnknownFromTheUnwelcome(t *testing.T) {
	visitor := auth.Principal{Kind: auth.KindVisitor, UserID: "v1"}
	policy := auth.Policy{method: auth.Users}
	wantError(t, policy.Authorize(method, auth.Principal{}, false), auth.ErrNoCredentials)
	wantError(t, policy.Authorize(method, visitor, true), auth.ErrNotAllowed)
	wantError(t, policy.Authorize("/test.Service/Forgotten", visitor, true), auth.ErrNotAllowed)
}

func TestMissingFindsForgottenMethods(t *testing.T) {
	desc := &grpc.ServiceDesc{
		ServiceName: "test.Service",
		Methods:     []grpc.MethodDesc{{MethodName: "Method"}, {MethodName: "Forgotten"}},
		Streams:     []grpc.StreamDesc{{StreamName: "ForgottenToo"}},
	}
	policy := auth.MergePolicies(auth.Policy{method: auth.Users}, auth.Policy{"/other.Service/Method": auth.Peers})
	want := []string{"/test.Service/Forgotten", "/test.Service/ForgottenToo"}
	if diff := cmp.Diff(want, policy.Missing(desc)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestActAsWinsOverTheCaller(t *testing.T) {
	caller := auth.Principal{Kind: auth.KindUser, UserID: "alice"}
	itself := auth.Principal{Kind: auth.KindPeer, Peer: "chat"}
	ctx := t.Context()
	if p, ok := auth.Outgoing(ctx); ok {
		t.Errorf("a call in nobody's name is made for %+v", p)
	}
	ctx = auth.NewContext(ctx, caller)
	if p, _ := auth.Outgoing(ctx); p != caller {
		t.Errorf("a service's call is made for %+v, not its caller", p)
	}
	ctx = auth.ActAs(ctx, itself)
	if p, _ := auth.Outgoing(ctx); p != itself {
		t.Errorf("a service's own call is made for %+v, not itself", p)
	}
	if p, _ := auth.FromContext(ctx); p != caller {
		t.Errorf("acting changed the caller to %+v", p)
	}
}

func TestValidUserID(t *testing.T) {
	for id, want := range map[string]bool{
		"alice": true, "A-1_b:c": true, "0123456789012345678901234567890123456789012345678901234567890123": true,
		"": false, "anon:1": false, "a b": false, "a/b": false, "é": false, "a+": false, "a#": false,
		"01234567890123456789012345678901234567890123456789012345678901234": false,
	} {
		if auth.ValidUserID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}
