package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// server makes the TLS configuration of a listener; nil when it has none. The certificate is read again at each
// handshake that finds its files changed, so that renewing it needs no restart.
func (t TLS) server() (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	keys := &keyPair{certFile: t.CertFile, keyFile: t.KeyFile}
	if _, err := keys.get(nil); err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: keys.get}
	if t.ClientCAFile == "" {
		return c, nil
	}
	pool, err := readAuthorities(t.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("clientCaFile: %w", err)
	}
	c.ClientCAs, c.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return c, nil
}

// client makes the TLS configuration with which this process calls others of the deployment; nil when it has none.
func (t TLS) client() (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	keys := &keyPair{certFile: t.CertFile, keyFile: t.KeyFile}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return keys.get(nil)
		},
	}
	if t.ClientCAFile == "" {
		return c, nil
	}
	pool, err := readAuthorities(t.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("clientCaFile: %w", err)
	}
	c.RootCAs = pool
	return c, nil
}

func readAuthorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("holds no certificate in PEM")
	}
	return pool, nil
}
