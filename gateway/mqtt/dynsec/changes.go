package dynsec

import "github.com/palabre/palabre/internal/auth"

// changes are the commands that make a user's accounts what they should be, nil standing for none; and takes note of them.
func (b *Broker) changes(n Name, want *Account) []command {
	if want == nil {
		return b.removal(n)
	}
	have := b.state.user(n)
	rules := want.rules(n.Subject)
	sum := digestOf(rules)
	var commands []command
	switch {
	case !have.hasRole:
		commands = append(commands, createRole(n.role(), rules))
	case have.rules != sum:
		commands = append(commands, modifyRole(n.role(), rules))
	}
	have.hasRole, have.rules = true, sum
	return append(commands, b.turn(n, have)...)
}

// removal takes the accounts away before the role: who is disconnected cannot come back meanwhile.
func (b *Broker) removal(n Name) []command {
	have := b.state.users[n]
	if have == nil {
		return nil
	}
	var commands []command
	for epoch := range have.accounts {
		commands = append(commands, deleteClient(n.account(epoch).Username()))
	}
	if have.hasRole {
		commands = append(commands, deleteRole(n.role()))
	}
	delete(b.state.users, n)
	return commands
}

// turn makes the account of the present epoch, and takes away those that are worth nothing any more. What is left of the
// epoch before stays, with those connected by it; it is not made again when the broker has lost it.
func (b *Broker) turn(n Name, have *held) []command {
	var commands []command
	for epoch, madeOf := range have.accounts {
		if !b.worth(n, epoch, madeOf) {
			commands = append(commands, deleteClient(n.account(epoch).Username()))
			delete(have.accounts, epoch)
		}
	}
	now := b.present(n)
	if _, there := have.accounts[now.Epoch]; !there {
		commands = append(commands, b.creation(n, now))
		have.accounts[now.Epoch] = b.config.Passwords.Fingerprint()
	}
	return commands
}

// Turned says that a user's epoch has turned since their accounts were looked at.
func (b *Broker) Turned(n Name) bool {
	have := b.state.users[n]
	if have == nil {
		return true
	}
	for epoch, madeOf := range have.accounts {
		if !b.worth(n, epoch, madeOf) {
			return true
		}
	}
	_, there := have.accounts[b.present(n).Epoch]
	return !there
}

// worth says whether an account whose password was made of a secret is still good for something.
func (b *Broker) worth(n Name, epoch int64, madeOf string) bool {
	return madeOf == b.config.Passwords.Fingerprint() &&
		epoch <= b.present(n).Epoch && b.config.Passwords.ExpiresAt(n.account(epoch)).After(b.config.Now())
}

// present is the account that a user is given from a little after now on.
func (b *Broker) present(n Name) auth.MQTTAccount {
	return b.config.Passwords.Account(n.ApplicationID, n.Subject, b.config.Now().Add(early))
}

func (b *Broker) creation(n Name, a auth.MQTTAccount) command {
	return command{
		Command: "createClient", Username: a.Username(), Password: b.config.Passwords.Password(a),
		Textname: ours, Textdescription: b.config.Passwords.Fingerprint(),
		Roles: []naming{{Rolename: n.roleOfAll(), Priority: firstOfAll}, {Rolename: n.role()}},
	}
}
