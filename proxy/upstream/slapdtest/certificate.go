package slapdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"
)

const (
	caFile          = "ca.pem"
	certificateFile = "slapd.pem"
	keyFile         = "slapd.key"
)

// writeCertificates makes an authority and a certificate for 127.0.0.1, and
// returns the path of the authority's own certificate.
func writeCertificates(t testing.TB, dir string) string {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Acme test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	authorityKey, leafKey := newKey(t), newKey(t)
	writePEM(t, filepath.Join(dir, caFile), "CERTIFICATE", sign(t, authority, authority, authorityKey, authorityKey))
	writePEM(t, filepath.Join(dir, certificateFile), "CERTIFICATE", sign(t, leaf, authority, leafKey, authorityKey))
	encoded, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatalf("encoding a key: %v", err)
	}
	writePEM(t, filepath.Join(dir, keyFile), "PRIVATE KEY", encoded)
	return filepath.Join(dir, caFile)
}

// CAFile writes the certificate of an authority that signed nothing, for tests
// of what must not be trusted, and returns its path.
func CAFile(t testing.TB) string {
	t.Helper()
	return writeCertificates(t, t.TempDir())
}

// Certificates writes PEM files for another server on 127.0.0.1 and returns
// their paths: its authority, its certificate and its key.
func Certificates(t testing.TB) (ca, certificate, key string) {
	t.Helper()
	dir := t.TempDir()
	return writeCertificates(t, dir), filepath.Join(dir, certificateFile), filepath.Join(dir, keyFile)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	return key
}

func sign(t testing.TB, certificate, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	signed, err := x509.CreateCertificate(rand.Reader, certificate, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		t.Fatalf("signing a certificate: %v", err)
	}
	return signed
}

func writePEM(t testing.TB, path, kind string, content []byte) {
	t.Helper()
	writeFile(t, path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}
