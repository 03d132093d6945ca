package dynsec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/palabre/palabre/internal/auth"
)

// early is how long before a user's epoch turns the broker knows the next account: the clock of the process that hands it out
// may be ahead.
const early = 5 * time.Minute

// Config is what a Broker is made of; all of it is required.
type Config struct {
	// Options say how to connect, as a client that nobody else is.
	Options func() (*paho.ClientOptions, error)
	// Gateway is the user name of the MQTT gateway, which has the plugin's role admin.
	Gateway string
	// Prefixes are the applications' first levels of topics.
	Prefixes map[string]string
	// Passwords are those of users.
	Passwords *auth.MQTTPasswords
	// Now is the clock.
	Now    func() time.Time
	Logger *slog.Logger
}

// Broker is a Mosquitto, by its dynamic security. It is for one goroutine at a time.
type Broker struct {
	config  Config
	control *control // nil unless connected
	state   *state   // of a control that is not over
}

// NewBroker makes a Broker that is not connected yet.
func NewBroker(c Config) *Broker { return &Broker{config: c} }

// Close ends the connection.
func (b *Broker) Close() {
	if b.control != nil {
		b.control.close()
		b.control = nil
	}
}

// Connected says whether what the broker has is known. It is not after the connection was lost: the broker may have been
// started again, without what it had.
func (b *Broker) Connected() bool { return b.control != nil && !b.control.over() }

// Bring makes the accounts of the names given what they should be: those that wanted lacks are taken away, and whoever is
// connected with them is disconnected. Once it returns nil, the broker goes by them. After an error it is not Connected any
// more. It writes to the broker only what is different, so it costs nothing to name those who are not.
func (b *Broker) Bring(ctx context.Context, wanted map[Name]*Account, names []Name) error {
	var commands []command
	for _, n := range names {
		commands = append(commands, b.changes(n, wanted[n])...)
	}
	if err := b.do(ctx, commands); err != nil {
		b.Close()
		return err
	}
	return nil
}

// Knows says whether the broker has anything of a user.
func (b *Broker) Knows(n Name) bool { return b.state.users[n] != nil }

// Names are the users of whom the broker has something.
func (b *Broker) Names() []Name { return slices.Collect(maps.Keys(b.state.users)) }

// AtOnce is of how many users the accounts may be made without others at the broker having to wait for long.
func (b *Broker) AtOnce() int {
	const commandsOfAUser = 2
	if b.control == nil {
		return 1
	}
	return max(1, b.control.pace.atOnce/commandsOfAUser)
}

// do has commands done. One that is refused is passed over: the next would not do better, and others wait.
func (b *Broker) do(ctx context.Context, commands []command) error {
	replies, err := b.control.do(ctx, commands...)
	if err != nil {
		return err
	}
	for i, r := range replies {
		if refusal := r.refusal(); refusal != "" {
			b.config.Logger.ErrorContext(ctx, "the broker's dynamic security refuses", "command", r.Command,
				"role", commands[i].Rolename, "account", commands[i].Username, "error", refusal)
		}
	}
	return nil
}

// Connect connects, finds out what the broker has, and has what does not depend on users be as it should.
func (b *Broker) Connect(ctx context.Context) error {
	b.Close()
	err := b.connect(ctx)
	if err != nil {
		b.Close()
	}
	return err
}

func (b *Broker) connect(ctx context.Context) error {
	options, err := b.config.Options()
	if err != nil {
		return err
	}
	if b.control, err = open(ctx, options); err != nil {
		return err
	}
	if b.state, err = readState(ctx, b.control, b.config.Gateway); err != nil {
		return err
	}
	if err := b.denyByDefault(ctx); err != nil {
		return err
	}
	if err := b.do(ctx, b.sharedRoles()); err != nil {
		return err
	}
	return b.permitGateway(ctx)
}

// denyByDefault has the broker refuse what no rule allows. It lets anybody receive anything when it is set up.
func (b *Broker) denyByDefault(ctx context.Context) error {
	replies, err := b.control.do(ctx, command{Command: "getDefaultACLAccess"})
	if err != nil {
		return err
	}
	var found struct{ ACLs []rule }
	if err := json.Unmarshal(replies[0].Data, &found); err != nil {
		return fmt.Errorf("getDefaultACLAccess: %w", err)
	}
	want := []rule{{Type: send}, {Type: receive}, {Type: "subscribe"}, {Type: "unsubscribe", Allow: true}}
	if digestOf(found.ACLs) == digestOf(want) {
		return nil
	}
	return b.do(ctx, []command{{Command: "setDefaultACLAccess", ACLs: want}})
}

// sharedRoles are the commands that make the roles that are not a user's what they should be.
func (b *Broker) sharedRoles() []command {
	var commands []command
	bring := func(name string, rules []rule) {
		before, there := b.state.roles[name]
		switch {
		case !there:
			commands = append(commands, createRole(name, rules))
		case before != digestOf(rules):
			commands = append(commands, modifyRole(name, rules))
		}
	}
	var publishing []rule
	for _, application := range slices.Sorted(maps.Keys(b.config.Prefixes)) {
		prefix := b.config.Prefixes[application]
		bring(application, rulesOfUsers(prefix))
		bring(visitorsOf(application), rulesOfVisitors(prefix))
		publishing = append(publishing, rule{send, prefix + "/#", true})
	}
	bring(gatewayRole, publishing)
	return commands
}

// permitGateway lets the gateway publish, once and for all. The broker disconnects it because of that, so this is an error
// and all begins again.
func (b *Broker) permitGateway(ctx context.Context) error {
	if b.state.gatewayMayPublish {
		return nil
	}
	permit := command{Command: "addClientRole", Username: b.config.Gateway, Rolename: gatewayRole}
	return errors.Join(errPermitted, b.do(ctx, []command{permit}))
}

var errPermitted = errors.New("the gateway had no right to publish: it is given it, and connects anew")
