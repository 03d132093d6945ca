package app

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// keyPair is a certificate and its key, in files that may be replaced.
type keyPair struct {
	certFile, keyFile string

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time
}

// get answers the certificate, as tls.Config.GetCertificate. A replacement that cannot be used is passed over: the one
// that was loaded goes on serving.
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.certFile)
	if err == nil && k.loaded != nil && info.ModTime().Equal(k.changed) {
		return k.loaded, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if loadErr != nil {
		if k.loaded != nil {
			return k.loaded, nil
		}
		return nil, fmt.Errorf("certFile, keyFile: %w", loadErr)
	}
	k.loaded = &pair
	if err == nil {
		k.changed = info.ModTime()
	}
	return k.loaded, nil
}
