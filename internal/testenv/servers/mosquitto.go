package servers

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	shipped "github.com/palabre/palabre/deploy/mosquitto"
)

// MosquittoConfig says how a broker differs from the one that deploy/mosquitto configures.
type MosquittoConfig struct {
	// Users are the names and passwords of those who may connect, beside the gateway. AddUser adds more.
	Users map[string]string
	// ACLFile is the path of an access control list to use in place of the one we ship.
	ACLFile string
	// DynamicSecurity has the broker go by that plugin, in which nobody but the gateway has an account: Users are none.
	DynamicSecurity bool
	// Plain adds a listener without TLS, so that a proxy between client and broker can cut and delay what passes.
	Plain bool
	// Settings replace or add lines of mosquitto.conf, such as "max_queued_messages": "10".
	Settings map[string]string
}

// MosquittoServer is a Mosquitto of one test. Its methods fail that test when they cannot do what they say, and are to be
// called from the test's own goroutine.
type MosquittoServer struct {
	// URL is the address of the TLS listener, tls://127.0.0.1:port; it stays the same when the broker is started again.
	URL string
	// PlainURL is the address of the listener without TLS, tcp://127.0.0.1:port; "" unless the config asks for it.
	PlainURL string
	// CAFile is the PEM file of the authority that signed the broker's certificate, CA the same in memory.
	CAFile string
	CA     *x509.CertPool
	// GatewayUser and GatewayPassword are those of Palabre's gateway, whom the access control list allows everything.
	GatewayUser, GatewayPassword string

	t       testing.TB
	users   map[string]string
	account account
	process *process
}

// Mosquitto starts a broker that serves until the test is over, with the configuration and the access control list of
// deploy/mosquitto, a certificate made for it, and the gateway's user.
func Mosquitto(t testing.TB, config MosquittoConfig) *MosquittoServer {
	t.Helper()
	server, err := newMosquitto(config)
	check(t, err)
	server.t = t
	cleanUp(t, server.process)
	check(t, server.process.start())
	return server
}

func newMosquitto(config MosquittoConfig) (*MosquittoServer, error) {
	server, err := bareMosquitto("mosquitto", shipped.GatewayUser)
	if err != nil {
		return nil, err
	}
	server.users = maps.Clone(config.Users)
	server.process.ready = server.ready
	if err := server.configure(config); err != nil {
		return nil, errors.Join(err, os.RemoveAll(server.process.dir))
	}
	return server, nil
}

// bareMosquitto is a broker without files, and without a way to tell that it is ready.
func bareMosquitto(directory, gatewayUser string) (*MosquittoServer, error) {
	path, err := program("mosquitto", "mosquitto")
	if err != nil {
		return nil, err
	}
	account, err := newAccount("mosquitto", "nobody")
	if err != nil {
		return nil, err
	}
	dir, err := account.directory(directory)
	if err != nil {
		return nil, err
	}
	return &MosquittoServer{
		CAFile:          dir + "/ca.pem",
		GatewayUser:     gatewayUser,
		GatewayPassword: rand.Text(),
		account:         account,
		process: &process{
			name: "mosquitto", command: []string{path, "-c", dir + "/mosquitto.conf"}, account: account, dir: dir,
			stopSignal: syscall.SIGTERM, killSignal: syscall.SIGKILL,
		},
	}, nil
}

// configure writes the files of the broker's directory.
func (s *MosquittoServer) configure(config MosquittoConfig) error {
	dir := s.process.dir
	certificates, err := newCertificates()
	if err != nil {
		return err
	}
	s.CA = x509.NewCertPool()
	s.CA.AppendCertsFromPEM(certificates.authority)

	acl := []byte(shipped.ACL)
	if config.ACLFile != "" {
		if acl, err = os.ReadFile(config.ACLFile); err != nil {
			return err
		}
	}
	conf, err := s.conf(config)
	if err != nil {
		return err
	}
	if config.DynamicSecurity {
		if err := s.initDynamicSecurity(); err != nil {
			return err
		}
	}
	for name, content := range map[string][]byte{
		"ca.pem": certificates.authority, "server.pem": certificates.server, "server.key": certificates.serverKey,
		"acl": acl, "mosquitto.conf": []byte(conf),
	} {
		if err := s.account.write(dir+"/"+name, content); err != nil {
			return err
		}
	}
	return s.writePasswords()
}

// conf is the mosquitto.conf we ship with the paths and ports of this broker.
func (s *MosquittoServer) conf(config MosquittoConfig) (string, error) {
	dir := s.process.dir
	port, err := freePort()
	if err != nil {
		return "", err
	}
	s.URL = "tls://" + loopback(port)
	settings := map[string]string{
		"listener":             fmt.Sprintf("%d 127.0.0.1", port),
		"certfile":             dir + "/server.pem",
		"keyfile":              dir + "/server.key",
		"password_file":        dir + "/passwords",
		"acl_file":             dir + "/acl",
		"persistence_location": dir + "/",
		"pid_file":             dir + "/mosquitto.pid",
		"log_dest":             "stderr",
	}
	template := shipped.Config
	if config.DynamicSecurity {
		template = shipped.DynamicSecurityConfig
		if err := s.dynamicSecurity(settings); err != nil {
			return "", err
		}
	}
	maps.Copy(settings, config.Settings)
	conf := replaceSettings(template, settings)
	if config.Plain {
		if port, err = freePort(); err != nil {
			return "", err
		}
		s.PlainURL = "tcp://" + loopback(port)
		conf += fmt.Sprintf("listener %d 127.0.0.1\n", port)
	}
	return conf, nil
}

// replaceSettings gives settings in the text of a mosquitto.conf other values, in their place, and adds those that were
// not there at its top: at the bottom they would belong to the last listener.
func replaceSettings(conf string, settings map[string]string) string {
	settings = maps.Clone(settings)
	lines := strings.Split(conf, "\n")
	for i, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		if value, ok := settings[name]; ok {
			lines[i] = name + " " + value
			delete(settings, name)
		}
	}
	var added []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		added = append(added, name+" "+settings[name])
	}
	return strings.Join(append(added, lines...), "\n")
}

// AddUser lets one more user connect, and returns once the broker does.
func (s *MosquittoServer) AddUser(user, password string) {
	s.t.Helper()
	if s.users == nil {
		s.users = map[string]string{}
	}
	s.users[user] = password
	check(s.t, s.writePasswords())
	s.process.signal(syscall.SIGHUP)
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	check(s.t, s.process.awaitReady(ctx))
}

// writePasswords writes the password file anew, hashed as Mosquitto wants it.
func (s *MosquittoServer) writePasswords() error {
	hash, err := program("mosquitto_passwd", "mosquitto")
	if err != nil {
		return err
	}
	text := s.GatewayUser + ":" + s.GatewayPassword + "\n"
	for user, password := range s.users {
		if strings.ContainsAny(user, ":\n") {
			return fmt.Errorf("a password file of Mosquitto has no way to name the user %q", user)
		}
		text += user + ":" + password + "\n"
	}
	file := s.process.dir + "/passwords"
	if err := s.account.write(file+".new", []byte(text)); err != nil {
		return err
	}
	if err := s.account.run(s.process.dir, hash, "-U", file+".new"); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// ready connects as everyone who should be able to.
func (s *MosquittoServer) ready(context.Context) error {
	if err := s.connect(s.GatewayUser, s.GatewayPassword); err != nil {
		return err
	}
	for user, password := range s.users {
		if err := s.connect(user, password); err != nil {
			return fmt.Errorf("as %s: %w", user, err)
		}
	}
	return nil
}

func (s *MosquittoServer) connect(user, password string) error {
	client := paho.NewClient(paho.NewClientOptions().
		AddBroker(s.URL).SetTLSConfig(&tls.Config{RootCAs: s.CA}).
		SetClientID("ready-" + rand.Text()).SetUsername(user).SetPassword(password).
		SetConnectTimeout(5 * time.Second).SetAutoReconnect(false))
	defer client.Disconnect(0)
	token := client.Connect()
	if !token.WaitTimeout(10 * time.Second) {
		return errors.New("no answer to CONNECT")
	}
	return token.Error()
}

// Stop ends the broker in an orderly way: it saves its sessions and what it holds for them.
func (s *MosquittoServer) Stop() {
	s.t.Helper()
	check(s.t, s.process.stop())
}

// Kill ends the broker as a power cut would: it loses what it did not save.
func (s *MosquittoServer) Kill() {
	s.t.Helper()
	check(s.t, s.process.kill())
}

// Start starts the broker again after Stop or Kill, at the same addresses.
func (s *MosquittoServer) Start() {
	s.t.Helper()
	check(s.t, s.process.start())
}
