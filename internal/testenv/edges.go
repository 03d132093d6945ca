package testenv

import (
	"testing"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/testenv/servers"
)

// StartEdges runs a number of MQTT gateways, each a process with an embedded broker, and two processes with all other roles;
// those of a kind behind one address. It answers how clients reach the whole, and the edges. The configuration, with a
// database and a Valkey that processes can share, is that of all.
func StartEdges(t testing.TB, c app.Config, count int) (*Env, []*Process) {
	t.Helper()
	c.Services = nil
	c.Run = []app.Role{app.RoleModeration, app.RoleAudience, app.RoleChat, app.RoleHTTP}
	var grpc, rest, mqtt []string
	for range 2 {
		c.DataDir = t.TempDir()
		p := StartProcess(t, c)
		grpc, rest = append(grpc, p.GRPC), append(rest, p.HTTP)
	}
	env := &Env{GRPC: servers.Balance(t, grpc...), REST: "http://" + servers.Balance(t, rest...), ConversationTopics: true, SessionsEnd: true}
	c.Run = []app.Role{app.RoleMQTT}
	c.Services = map[app.Role]string{app.RoleChat: env.GRPC}
	edges := make([]*Process, count)
	for i := range edges {
		c.DataDir = t.TempDir()
		edges[i] = StartProcess(t, c)
		mqtt = append(mqtt, edges[i].MQTT)
	}
	env.MQTT = "tcp://" + servers.Balance(t, mqtt...)
	env.Password = func(_ testing.TB, _, token string) string { return token }
	env.AwaitReady(t)
	return env, edges
}

// At answers how clients reach one edge, past the address of all.
func (e *Env) At(edge *Process) *Env {
	at := *e
	at.MQTT = "tcp://" + edge.MQTT
	return &at
}
