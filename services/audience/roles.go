package audience

import (
	"cmp"

	"github.com/palabre/palabre/internal/auth"
)

// Roles is what an application's role ids are to people.
type Roles struct {
	// Kinds says what they mean to Palabre: `roles` of the configuration.
	Kinds map[string]auth.RoleKind
	// Names are what the host product calls them: `role_names`.
	Names map[string]string
}

// words are what to call something whose name nobody told.
type words struct{ english, french string }

func (w words) in(french bool) string {
	if french {
		return w.french
	}
	return w.english
}

var everyoneWords = words{"Everyone", "Tout le monde"}

// kindWords are what to call those who have a role of a kind.
var kindWords = map[auth.RoleKind]words{
	auth.RoleMember:     {"Members", "Membres"},
	auth.RoleAdmin:      {"Admins", "Administrateurs"},
	auth.RoleSuperAdmin: {"Super admins", "Super-administrateurs"},
}

// name is what to call those who have a role: what the host calls it, else what it means, else its id.
func (r Roles) name(role string, french bool) string {
	return cmp.Or(r.Names[role], kindWords[r.Kinds[role]].in(french), role)
}
