package auth

import "time"

// Kind says what a caller is.
type Kind string

const (
	// KindUser is a person known to the host product.
	KindUser Kind = "user"
	// KindVisitor is a visitor without account.
	KindVisitor Kind = "visitor"
	// KindService is a back end trusted by its application, which proved itself with an API key.
	KindService Kind = "service"
	// KindPeer is a component of Palabre that acts as itself and in nobody's name.
	KindPeer Kind = "peer"
)

// RoleKind says what a host product's role means to Palabre.
type RoleKind string

const (
	// RoleMember has no rights over others.
	RoleMember RoleKind = "member"
	// RoleAdmin is an admin of their entity.
	RoleAdmin RoleKind = "admin"
	// RoleSuperAdmin is an admin of the whole application.
	RoleSuperAdmin RoleKind = "super_admin"
)

// AnonymousPrefix begins the subject of a visitor, and no user's id.
const AnonymousPrefix = "anon:"

// Principal is a caller whose identity was proven. The zero value is nobody.
type Principal struct {
	// ApplicationID is the tenant the caller belongs to. Only a peer that serves all of them has none.
	ApplicationID string
	// Kind says what the caller is.
	Kind Kind
	// UserID is the host's own id of a user, or the anonymous user's id of a visitor. For a service it is the user whom it
	// acts for, or empty when it acts as itself.
	UserID string
	// Name is what the host product calls the user; empty when it did not say.
	Name string
	// Role is the host product's role id, such as "1"; RoleKind is what it means.
	Role string
	// EntityID is the part of the host product the user belongs to; empty when the host did not say.
	EntityID string
	// RoleKind is what Role means by the application's table. A service and a peer have none.
	RoleKind RoleKind
	// ConversationID is the one conversation that a visitor's token opens. Empty for others, and for a visitor whom a
	// component vouches for without having seen the token: their membership says the same.
	ConversationID string
	// Peer is the Palabre component that vouches for this principal ("mqtt", "chat"), or empty for a caller from outside.
	Peer string
	// TokenID is the id (`jti`) of the token that proved the identity; empty when it had none.
	TokenID string
	// ExpiresAt is the end of the token that proved the identity; zero when there was none.
	ExpiresAt time.Time
}

// Subject names the person in whose name the call is made, as topics and participants do: a user's id, or "anon:" and the
// id of a visitor. It is empty for a service or a peer that acts as itself.
func (p Principal) Subject() string {
	if p.Kind == KindVisitor {
		return AnonymousPrefix + p.UserID
	}
	return p.UserID
}

// IsAdmin says that the host product made the user an admin, of their entity or of the application.
func (p Principal) IsAdmin() bool {
	return p.Kind == KindUser && (p.RoleKind == RoleAdmin || p.RoleKind == RoleSuperAdmin)
}
