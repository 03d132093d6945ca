package app

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// Greeting says where everything is, and what to type next. command is how palabre was called.
func (a *App) Greeting(command string, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nPalabre %s is ready (%d ms)\n\n", Version(), took.Milliseconds())
	addr := a.Addresses()
	line := func(what, where string) { fmt.Fprintf(&b, "  %-10s %s\n", what, where) }
	socket := "ws"
	if a.config.HTTP.TLS.CertFile != "" {
		socket = "wss"
	}
	if addr.HTTP != nil {
		line("REST", a.restURL()+"/api/chat   (documentation: /docs, health: /readyz, metrics: /metrics)")
	}
	if addr.GRPC != nil {
		line("gRPC", fmt.Sprintf("%s   (health and reflection are on)", addr.GRPC))
	}
	if addr.MQTT != nil {
		line("MQTT", addr.MQTT.String())
		if addr.HTTP != nil {
			line("", fmt.Sprintf("%s://%s/mqtt   (over WebSocket)", socket, addr.HTTP))
		}
	} else if a.mqtt != nil {
		line("MQTT", a.config.Broker.URL)
	}
	if a.db != nil {
		line("data", a.databaseName())
	}
	fmt.Fprintf(&b, "\nA token for a user, good for a day:\n  %s token --app %s --user alice%s\n", command, a.firstApplication(), a.configFlags())
	return b.String()
}

// restURL is the HTTP gateway's; empty where this process runs none.
func (a *App) restURL() string {
	switch addr := a.Addresses().HTTP; {
	case addr == nil:
		return ""
	case a.config.HTTP.TLS.CertFile != "":
		return "https://" + addr.String()
	default:
		return "http://" + addr.String()
	}
}

func (a *App) databaseName() string {
	if a.config.Database.URL == "" {
		return a.config.DataDir
	}
	// What follows the scheme may hold a password.
	scheme, _, _ := strings.Cut(a.config.Database.URL, ":")
	return scheme
}

// firstApplication is an example of an application.
func (a *App) firstApplication() string {
	first := ""
	for id := range a.config.Applications {
		if first == "" || id < first {
			first = id
		}
	}
	return first
}

// brokerFlags are empty for the address that Mosquitto's clients take for granted, and where the broker is run by others.
func (a *App) brokerFlags() string {
	if a.broker == nil || a.broker.Addr() == nil {
		return ""
	}
	host, port, err := net.SplitHostPort(a.broker.Addr().String())
	if err != nil || port == "1883" && onLoopback(a.broker.Addr().String()) {
		return ""
	}
	return fmt.Sprintf(" -h %s -p %s", host, port)
}

// configFlags are what `palabre token` needs to find the secrets of this server.
func (a *App) configFlags() string {
	flags := ""
	if a.config.File != "" {
		flags = " --config " + a.config.File
	}
	if a.config.DataDir != Default().DataDir {
		flags += " --data-dir " + a.config.DataDir
	}
	return flags
}
