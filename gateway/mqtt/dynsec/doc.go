// Package dynsec drives the dynamic-security plugin of Mosquitto 2, so that users have accounts there and may subscribe to
// the topics of the conversations they take part in. It knows what the broker has and what it should have; who is a user, and
// who takes part in what, it is told by the MQTT gateway.
//
// # What the broker is given
//
// Each user has one role, named {application}/{subject}, and one account for each epoch of their password, named
// {application}/{subject}/{epoch}, that has it. The plugin does not put a name into a rule, so the rules are written out:
// their own topics, and one pattern for each conversation. What holds for all users of an application is in a role
// {application}, what holds for all its visitors in another. All of it carries the text name "palabre"; accounts and roles that do not are left alone.
//
// # Why a role and not groups
//
// Adding an account to a group, or a rule to a role, makes the plugin disconnect whom it concerns; so a user would lose their
// connection with every conversation they come into. modifyRole replaces all rules of a role, and in Mosquitto 2.0
// disconnects nobody; the broker looks at the rules again for each message it delivers, so a member who was removed hears
// nothing more at once, although their subscription stays. (Mosquitto 2.1 disconnects them; they come back and sync.)
package dynsec
