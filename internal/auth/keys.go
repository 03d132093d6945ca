package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms that tokens may be signed with. Which of them an application's token may use follows from the keys it
// configured: a public key is never taken for a shared secret.
var (
	algHS256 = jwt.SigningMethodHS256.Alg()
	algRS256 = jwt.SigningMethodRS256.Alg()
	algES256 = jwt.SigningMethodES256.Alg()
	algEdDSA = jwt.SigningMethodEdDSA.Alg()
)

// minRSABits is the shortest RSA key that RFC 7518 §3.3 allows.
const minRSABits = 2048

// publicKey is a key with the one algorithm it verifies.
type publicKey struct {
	alg string
	key any
}

func parsePublicKey(text string) (publicKey, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return publicKey{}, errors.New("is not PEM")
	}
	key, err := parseBlock(block)
	if err != nil {
		return publicKey{}, err
	}
	return withAlgorithm(key)
}

func parseBlock(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	default:
		return nil, fmt.Errorf("holds a %q, not a public key", block.Type)
	}
}

func withAlgorithm(key any) (publicKey, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return publicKey{}, fmt.Errorf("is an RSA key of %d bits, at least %d are needed", k.N.BitLen(), minRSABits)
		}
		return publicKey{algRS256, k}, nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return publicKey{}, fmt.Errorf("is a key on %s, ES256 needs P-256", k.Curve.Params().Name)
		}
		return publicKey{algES256, k}, nil
	case ed25519.PublicKey:
		return publicKey{algEdDSA, k}, nil
	default:
		return publicKey{}, fmt.Errorf("is a %T: RSA, P-256 and Ed25519 keys are supported", key)
	}
}
