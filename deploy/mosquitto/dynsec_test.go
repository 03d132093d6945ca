package mosquitto_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	shipped "github.com/palabre/palabre/deploy/mosquitto"
	"github.com/palabre/palabre/internal/testenv/servers"
)

func TestABrokerWithDynamicSecurityLetsInTheGatewayAlone(t *testing.T) {
	broker := servers.Mosquitto(t, servers.MosquittoConfig{DynamicSecurity: true})
	connect(t, broker, broker.GatewayUser, broker.GatewayPassword)
	for user, password := range map[string]string{"": "", broker.GatewayUser: "a-secret", "alice": broker.GatewayPassword} {
		if err := await(newClient(t, broker, user, password).paho.Connect()); err == nil || errors.Is(err, errNoAnswer) {
			t.Errorf("connecting as %q says %v, want a refusal", user, err)
		}
	}
}

func TestTheFileOfDynamicSecurityIsMadeWhenItIsNotThere(t *testing.T) {
	dir := t.TempDir()
	script, file, password := filepath.Join(dir, "init-dynsec"), filepath.Join(dir, "dynamic-security.json"), filepath.Join(dir, "password")
	write(t, script, shipped.InitDynamicSecurity)
	write(t, password, "a-secret\n")
	initialize := func() error { return exec.Command("/bin/sh", script, file, password).Run() }
	if err := initialize(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is %v, %v: want one that nobody else can read", info, err)
	}
	write(t, file, "as it is")
	if err := initialize(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(file); string(text) != "as it is" {
		t.Errorf("a file that was there has become %.80q", text)
	}

	write(t, password, "")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if initialize() == nil {
		t.Error("an empty password is taken")
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
