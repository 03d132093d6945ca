package dynsec

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/palabre/palabre/internal/auth"
)

const (
	// ours is the text name of the roles and accounts that the gateway keeps.
	ours = "palabre"
	// gatewayRole lets the gateway publish. The role admin, which it has too, lets it hear everything and control the plugin.
	gatewayRole = "palabre gateway"
	// page is how many roles or accounts are asked for at once.
	page = 200
)

// digest stands for the rules of a role.
type digest [sha256.Size]byte

// state is what the broker has.
type state struct {
	users map[Name]*held
	// roles are those that are not a user's.
	roles map[string]digest
	// gatewayMayPublish says that the gateway's own account has gatewayRole.
	gatewayMayPublish bool
}

// held is what the broker has of a user.
type held struct {
	hasRole bool
	rules   digest
	// accounts are the fingerprints of the secrets that their passwords were made of, by epoch.
	accounts map[int64]string
}

func (s *state) user(n Name) *held {
	if s.users[n] == nil {
		s.users[n] = &held{accounts: map[int64]string{}}
	}
	return s.users[n]
}

// readState asks the broker for all that it has.
func readState(ctx context.Context, c *control, gateway string) (*state, error) {
	s := &state{users: map[Name]*held{}, roles: map[string]digest{}}
	err := list(ctx, c, "listRoles", func(found roleFound) { s.addRole(found) })
	if err == nil {
		err = list(ctx, c, "listClients", func(found clientFound) { s.addClient(found, gateway) })
	}
	return s, err
}

type roleFound struct {
	Rolename string `json:"rolename"`
	Textname string `json:"textname"`
	ACLs     []rule `json:"acls"`
}

type clientFound struct {
	Username        string   `json:"username"`
	Textname        string   `json:"textname"`
	Textdescription string   `json:"textdescription"`
	Roles           []naming `json:"roles"`
}

func (s *state) addRole(found roleFound) {
	if found.Textname != ours {
		return
	}
	if n, ok := parseRole(found.Rolename); ok {
		s.user(n).hasRole, s.user(n).rules = true, digestOf(found.ACLs)
		return
	}
	s.roles[found.Rolename] = digestOf(found.ACLs)
}

func (s *state) addClient(found clientFound, gateway string) {
	if found.Username == gateway {
		s.gatewayMayPublish = slices.ContainsFunc(found.Roles, func(r naming) bool { return r.Rolename == gatewayRole })
	}
	if a, ok := auth.ParseMQTTAccount(found.Username); ok && found.Textname == ours {
		s.user(Name{a.ApplicationID, a.Subject}).accounts[a.Epoch] = found.Textdescription
	}
}

// list pages through what the plugin lists, which is sorted by name.
func list[T any](ctx context.Context, c *control, what string, take func(T)) error {
	for offset := 0; ; offset += page {
		replies, err := c.do(ctx, command{Command: what, Verbose: true, Count: page, Offset: offset})
		if err != nil {
			return err
		}
		if replies[0].Error != "" {
			return fmt.Errorf("%s: %s", what, replies[0].Error)
		}
		var data map[string]json.RawMessage
		if err := json.Unmarshal(replies[0].Data, &data); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		var found []T
		for _, key := range []string{"roles", "clients"} {
			if text, ok := data[key]; ok {
				if err := json.Unmarshal(text, &found); err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
			}
		}
		for _, f := range found {
			take(f)
		}
		if len(found) < page {
			return nil
		}
	}
}

// digestOf is the same for the same rules, in whatever order.
func digestOf(rules []rule) digest {
	rules = slices.SortedFunc(slices.Values(rules), func(x, y rule) int {
		return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Topic, y.Topic))
	})
	sum := sha256.New()
	for _, r := range rules {
		_, _ = fmt.Fprintf(sum, "%s %q %v\n", r.Type, r.Topic, r.Allow)
	}
	return digest(sum.Sum(nil))
}
