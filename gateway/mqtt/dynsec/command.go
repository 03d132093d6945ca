package dynsec

import "encoding/json"

// command is one of the plugin's, with those of its fields that are used here.
type command struct {
	Command         string   `json:"command"`
	CorrelationData string   `json:"correlationData,omitempty"`
	Rolename        string   `json:"rolename,omitempty"`
	Username        string   `json:"username,omitempty"`
	Password        string   `json:"password,omitempty"`
	Textname        string   `json:"textname,omitempty"`
	Textdescription string   `json:"textdescription,omitempty"`
	ACLs            []rule   `json:"acls,omitempty"`
	Roles           []naming `json:"roles,omitempty"`
	Verbose         bool     `json:"verbose,omitempty"`
	Count           int      `json:"count,omitempty"`
	Offset          int      `json:"offset,omitempty"`
}

// rule allows one thing, or, of the plugin's defaults, refuses it.
type rule struct {
	Type  string `json:"acltype"`
	Topic string `json:"topic,omitempty"`
	Allow bool   `json:"allow"`
}

// naming names a role where it is given to somebody.
type naming struct {
	Rolename string `json:"rolename"`
	Priority int    `json:"priority,omitempty"`
}

// The kinds of rules.
const (
	send             = "publishClientSend"
	receive          = "publishClientReceive"
	subscribe        = "subscribePattern"
	subscribeLiteral = "subscribeLiteral"
)

// reply is the plugin's answer to one command.
type reply struct {
	Command         string          `json:"command"`
	CorrelationData string          `json:"correlationData"`
	Error           string          `json:"error"`
	Data            json.RawMessage `json:"data"`
}

// settled are errors that say that a command has nothing to do.
var settled = map[string]string{
	"createRole":   "Role already exists",
	"createClient": "Client already exists",
	"deleteRole":   "Role not found",
	"deleteClient": "Client not found",
}

// refusal answers why the command was refused; "" when it was done, or was done before.
func (r reply) refusal() string {
	if r.Error == settled[r.Command] {
		return ""
	}
	return r.Error
}

func createRole(name string, rules []rule) command {
	return command{Command: "createRole", Rolename: name, Textname: ours, ACLs: rules}
}

func modifyRole(name string, rules []rule) command {
	return command{Command: "modifyRole", Rolename: name, ACLs: rules}
}

func deleteRole(name string) command { return command{Command: "deleteRole", Rolename: name} }

func deleteClient(username string) command {
	return command{Command: "deleteClient", Username: username}
}
