package auth_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"

	"github.com/palabre/palabre/internal/auth"
)

func wantError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v; want %v", got, want)
	}
}

func signer(t testing.TB, secret, component string, now *clock) *auth.PeerSigner {
	t.Helper()
	s, err := auth.NewPeerSigner(auth.PeerSignerConfig{Secret: []byte(secret), Component: component, Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fromPeer(t testing.TB, s *auth.PeerSigner, p auth.Principal) metadata.MD {
	t.Helper()
	token, err := s.Sign(p)
	if err != nil {
		t.Fatal(err)
	}
	return metadata.Pairs(auth.MetadataPrincipal, token)
}

func TestAPeerVouchesForAnyKindOfPrincipal(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	for name, p := range map[string]auth.Principal{
		"user": {
			ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Zoé", Role: "2", EntityID: "7",
			RoleKind: auth.RoleAdmin, TokenID: "t1", ExpiresAt: noon.Add(time.Hour),
		},
		"visitor":     {ApplicationID: "resalice", Kind: auth.KindVisitor, UserID: "v1"},
		"service":     {ApplicationID: "geosector", Kind: auth.KindService, UserID: "alice"},
		"itself":      {ApplicationID: "geosector", Kind: auth.KindPeer, Peer: "chat"},
		"for all":     {Kind: auth.KindPeer, Peer: "mqtt"},
		"of another":  {ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Peer: "mqtt"},
		"not of here": {ApplicationID: "elsewhere", Kind: auth.KindUser, UserID: "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Metadata(t.Context(), fromPeer(t, signer(t, peerSecret, "chat", now), p))
			if err != nil {
				t.Fatal(err)
			}
			want := p
			want.Peer = "chat" // Who vouched last, not who said so first.
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyPeersOfTheDeploymentAreBelieved(t *testing.T) {
	now := &clock{noon}
	v := geosector(t, now)
	user := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice"}

	_, err := v.Metadata(t.Context(), fromPeer(t, signer(t, "the secret of another deployment altogether", "chat", now), user))
	wantError(t, err, auth.ErrBadToken)

	// A token that a host product signed is no peer's, not even with our secret.
	_, err = v.Metadata(t.Context(), metadata.Pairs(auth.MetadataPrincipal, signed(t, jwt.SigningMethodHS256, []byte(peerSecret), alice(nil))))
	wantError(t, err, auth.ErrBadToken)

	alone := newVerifier(t, auth.Config{})
	_, err = alone.Metadata(t.Context(), fromPeer(t, signer(t, peerSecret, "chat", now), user))
	wantError(t, err, auth.ErrBadToken)
}

func TestAPeerTokenIsUsedForMinutesAndRenewedInTime(t *testing.T) {
	now := &clock{noon}
	v, s := geosector(t, now), signer(t, peerSecret, "mqtt", now)
	p := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice"}
	first := fromPeer(t, s, p)
	now.Time = noon.Add(2 * time.Minute)
	if again := fromPeer(t, s, p); !cmp.Equal(first, again) {
		t.Error("it was signed again after 2 minutes")
	}
	now.Time = noon.Add(4 * time.Minute)
	renewed := fromPeer(t, s, p)
	if cmp.Equal(first, renewed) {
		t.Error("it was not renewed after 4 minutes")
	}
	now.Time = noon.Add(6 * time.Minute)
	_, err := v.Metadata(t.Context(), first)
	wantError(t, err, auth.ErrBadToken)
	_, err = v.Metadata(t.Context(), renewed)
	wantError(t, err, nil)
}

func TestAPeerSignerNeedsASecretAndAName(t *testing.T) {
	for rule, c := range map[string]auth.PeerSignerConfig{
		"no secret":    {Component: "chat"},
		"short secret": {Secret: []byte("short"), Component: "chat"},
		"no name":      {Secret: []byte(peerSecret)},
	} {
		if _, err := auth.NewPeerSigner(c); err == nil {
			t.Errorf("%s: was accepted", rule)
		}
	}
}

func BenchmarkPeer(b *testing.B) {
	now := &clock{noon}
	v, s := geosector(b, now), signer(b, peerSecret, "mqtt", now)
	p := auth.Principal{ApplicationID: "geosector", Kind: auth.KindUser, UserID: "alice", Name: "Alice", Role: "2", RoleKind: auth.RoleAdmin}
	b.Run("sign cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Sign(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign first", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p.UserID = strconv.Itoa(i)
			fromPeer(b, s, p)
		}
	})
	b.Run("verify cached", func(b *testing.B) {
		md := fromPeer(b, s, p)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Metadata(context.Background(), md); err != nil {
				b.Fatal(err)
			}
		}
	})
}
