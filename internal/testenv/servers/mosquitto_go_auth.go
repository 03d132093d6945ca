package servers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	shipped "github.com/palabre/palabre/deploy/mosquitto-go-auth"
)

// goAuthPlugin names the plugin where it is not in one of the usual places. No package system has it, so tests do without it
// where it was not built: deploy/mosquitto-go-auth/README.md says how.
const goAuthPlugin = "MOSQUITTO_GO_AUTH"

// GoAuthConfig says whom a Mosquitto with mosquitto-go-auth asks.
type GoAuthConfig struct {
	// HTTP is host:port of Palabre's HTTP gateway, which need not be there yet.
	HTTP string
	// Secret is the gateway's mqtt_auth.secret, Application the one whose clients there are.
	Secret, Application string
	// Settings replace or add lines of mosquitto.conf.
	Settings map[string]string
}

// MosquittoGoAuth starts a broker that serves until the test is over, with the configuration of deploy/mosquitto-go-auth. It
// skips the test where the plugin is not installed.
func MosquittoGoAuth(t testing.TB, config GoAuthConfig) *MosquittoServer {
	t.Helper()
	plugin := findGoAuth()
	if plugin == "" {
		t.Skipf("the plugin mosquitto-go-auth is not installed, so nothing is proven with it here: deploy/mosquitto-go-auth/README.md says how to build it; %s names the file", goAuthPlugin)
	}
	server, err := newMosquittoGoAuth(config, plugin)
	check(t, err)
	server.t = t
	cleanUp(t, server.process)
	check(t, server.process.start())
	return server
}

func findGoAuth() string {
	for _, file := range []string{os.Getenv(goAuthPlugin), "/usr/local/lib/mosquitto-go-auth.so", "/usr/lib/mosquitto-go-auth.so"} {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

func newMosquittoGoAuth(config GoAuthConfig, plugin string) (*MosquittoServer, error) {
	server, err := bareMosquitto("mosquitto-go-auth", "palabre.gateway")
	if err != nil {
		return nil, err
	}
	server.process.ready = server.listens
	if err := server.configureGoAuth(config, plugin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(server.process.dir))
	}
	return server, nil
}

// listens says that the broker serves. It answers no CONNECT before there is somebody to ask.
func (s *MosquittoServer) listens(ctx context.Context) error {
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: s.CA}}
	conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(s.URL, "tls://"))
	if err != nil {
		return err
	}
	return conn.Close()
}

func (s *MosquittoServer) configureGoAuth(config GoAuthConfig, plugin string) error {
	dir := s.process.dir
	certificates, err := newCertificates()
	if err != nil {
		return err
	}
	s.CA = x509.NewCertPool()
	s.CA.AppendCertsFromPEM(certificates.authority)
	// The account that the broker runs as may not look where the plugin was built.
	library, err := os.ReadFile(filepath.Clean(plugin))
	if err != nil {
		return err
	}
	conf, err := s.goAuthConf(config)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"ca.pem": certificates.authority, "server.pem": certificates.server, "server.key": certificates.serverKey,
		"go-auth.so": library, "mosquitto.conf": []byte(conf),
	} {
		if err := s.account.write(dir+"/"+name, content); err != nil {
			return err
		}
	}
	return nil
}

// goAuthConf is the mosquitto.conf we ship with the paths and ports of this broker.
func (s *MosquittoServer) goAuthConf(config GoAuthConfig) (string, error) {
	dir := s.process.dir
	port, err := freePort()
	if err != nil {
		return "", err
	}
	s.URL = "tls://" + loopback(port)
	host, httpPort, _ := strings.Cut(config.HTTP, ":")
	settings := map[string]string{
		"listener":                   fmt.Sprintf("%d 127.0.0.1", port),
		"certfile":                   dir + "/server.pem",
		"keyfile":                    dir + "/server.key",
		"auth_plugin":                dir + "/go-auth.so",
		"auth_opt_http_host":         "mosquitto:" + config.Secret + "@" + host,
		"auth_opt_http_port":         httpPort,
		"auth_opt_http_getuser_uri":  "/mqtt/auth?application=" + config.Application,
		"auth_opt_http_aclcheck_uri": "/mqtt/acl?application=" + config.Application,
		"persistence_location":       dir + "/",
		"pid_file":                   dir + "/mosquitto.pid",
		"log_dest":                   "stderr",
	}
	maps.Copy(settings, config.Settings)
	return replaceSettings(shipped.Config, settings), nil
}

// FreeAddress is a loopback address that nobody listens on, for a server that others have to be told of before it starts.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := freePort()
	check(t, err)
	return loopback(port)
}
