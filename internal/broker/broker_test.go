package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"github.com/palabre/palabre/internal/broker"
)

func TestAConfigurationIsCheckedByName(t *testing.T) {
	for _, tt := range []struct {
		wrong func(*broker.Config)
		named string
	}{
		{func(c *broker.Config) { c.Authenticator = nil }, "Authenticator"},
		{func(c *broker.Config) { c.Membership = nil }, "Membership"},
		{func(c *broker.Config) { c.Prefixes = nil }, "Prefixes"},
		{func(c *broker.Config) { c.Prefixes = map[string]string{"a": "chat", "b": "chat"} }, "chat"},
		{func(c *broker.Config) { c.Prefixes = map[string]string{"a|b": "chat"} }, "a|b"},
		{func(c *broker.Config) { c.Prefixes = map[string]string{"a": "chat/more"} }, "chat/more"},
		{func(c *broker.Config) { c.Limits.WriteBuffer = 1 << 20 }, "write_buffer"},
		{func(c *broker.Config) { c.Limits.Inflight = 1 << 20 }, "inflight"},
	} {
		cfg := broker.Config{
			Prefixes: map[string]string{"geosector": "chat"}, Authenticator: &tokens{}, Membership: &members{},
		}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		tt.wrong(&cfg)
		if _, err := broker.New(cfg); err == nil || !strings.Contains(err.Error(), tt.named) {
			t.Errorf("New says %v, want something about %s", err, tt.named)
		}
	}
}

func TestWithoutAddressThereIsNoListener(t *testing.T) {
	w := start(t, func(c *broker.Config) { c.Addr = "" })
	if w.Addr() != nil {
		t.Errorf("it listens on %v", w.Addr())
	}
	w.gateway.publishes("chat/announcement", "to nobody")
}

func TestAnAddressInUseIsReported(t *testing.T) {
	w := start(t)
	second, err := broker.New(broker.Config{
		Addr: w.Addr().String(), Prefixes: map[string]string{"a": "chat"}, Authenticator: w.tokens, Membership: w.members,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err == nil {
		t.Error("two brokers listen on one address")
	}
	if _, err := second.Dial(); !errors.Is(err, broker.ErrNotRunning) {
		t.Errorf("Dial: %v", err)
	}
	if err := second.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	w := start(t)
	five := w.connected(v5, "alice")
	three := w.connected(v311, "bob")
	silent := w.wire(v311)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if reason := five.cutOff(); reason != packets.ErrServerShuttingDown.Code {
		t.Errorf("DISCONNECT 0x%02x", reason)
	}
	three.cutOff()
	silent.cutOff()
	w.gateway.cutOff()
	if _, err := net.Dial("tcp", w.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	if _, err := w.Dial(); !errors.Is(err, broker.ErrNotRunning) {
		t.Errorf("Dial: %v", err)
	}
	if err := w.Close(ctx); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := w.Start(); err == nil {
		t.Error("it starts again")
	}
	w.gateway.Disconnect(0)
	goleak.VerifyNone(t, leaks)
}

func TestCloseDoesNotWaitBeyondItsContext(t *testing.T) {
	w := start(t, limited(func(l *broker.Limits) { l.CheckTimeout = time.Hour }))
	asked, answer := make(chan struct{}), make(chan struct{})
	w.tokens.setCheck(func(context.Context) error { // which does not heed its context
		close(asked)
		<-answer
		return nil
	})
	c := w.wire(v311)
	c.send(connectPacket("alice", "alice-token"))
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	close(answer)
	c.cutOff()
}

func TestMQTTOverTLS(t *testing.T) {
	cert, pool := selfSigned(t)
	w := start(t, func(c *broker.Config) {
		c.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
		c.Limits.ConnectTimeout = time.Second
	})
	dial := func() *wire {
		nc, err := tls.Dial("tcp", w.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "localhost"})
		if err != nil {
			t.Fatal(err)
		}
		return newWire(t, nc, v5)
	}
	bob := dial()
	if code := bob.connect("bob", "bob-token").ReasonCode; code != 0 {
		t.Fatalf("CONNACK 0x%02x", code)
	}
	w.isWell(bob)
	// A refusal is sent to its end before the connection closes.
	if code := dial().connect("alice", "forged").ReasonCode; code != 0x86 {
		t.Errorf("CONNACK 0x%02x", code)
	}
	w.wire(v311).cutOff() // says nothing at all
	w.awaitCounted("palabre_broker_connections_refused_total", "tls_handshake", 1)
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
