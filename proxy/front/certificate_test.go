package front

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// credentials are a server's certificate, which is its own authority, and a
// client's one signed by it.
type credentials struct {
	server, client tls.Certificate
	roots          *x509.CertPool
}

var makeCredentials = sync.OnceValues(func() (*credentials, error) {
	authority, authorityKey, err := issue("directory.acme.example", nil, nil)
	if err != nil {
		return nil, err
	}
	person, personKey, err := issue("Jane Doe", authority, authorityKey)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return &credentials{
		server: tls.Certificate{Certificate: [][]byte{authority.Raw}, PrivateKey: authorityKey},
		client: tls.Certificate{Certificate: [][]byte{person.Raw}, PrivateKey: personKey},
		roots:  roots,
	}, nil
})

// issue makes a certificate, signed by itself without a parent.
func issue(name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: parent == nil, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}

// secured returns settings with TLS, which takes client certificates but does
// not ask for one, and the client's side of it.
func secured(t *testing.T) (Settings, *tls.Config) {
	t.Helper()
	c, err := makeCredentials()
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{c.server}, ClientCAs: c.roots,
		ClientAuth: tls.VerifyClientCertIfGiven, MinVersion: tls.VersionTLS10}
	return Settings{TLS: func() *tls.Config { return server }}, &tls.Config{RootCAs: c.roots, ServerName: "127.0.0.1"}
}

func withClientCertificate(t *testing.T, config *tls.Config) *tls.Config {
	t.Helper()
	c, err := makeCredentials()
	if err != nil {
		t.Fatal(err)
	}
	config = config.Clone()
	config.Certificates = []tls.Certificate{c.client}
	return config
}
