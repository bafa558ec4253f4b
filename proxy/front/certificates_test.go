package front

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writePair writes a self-signed certificate with its key.
func writePair(t *testing.T, files CertificateFiles, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, b []byte) {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(files.Cert, "CERTIFICATE", der)
	write(files.Key, "PRIVATE KEY", keyDER)
}

// served is the serial number of the certificate that a handshake shows.
func served(t *testing.T, c *Certificates) int64 {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		_ = tls.Server(server, c.Config()).HandshakeContext(t.Context()) // the client tells
	}()
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true}) // the test looks at whatever certificate there is
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	serial := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	client.Close()
	<-done
	return serial
}

func TestChangedCertificateFilesAreTakenIntoUseAndBrokenOnesAreNot(t *testing.T) {
	dir := t.TempDir()
	files := CertificateFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	writePair(t, files, 1)
	failures := 0
	c, err := OpenCertificates(files, slog.New(slog.DiscardHandler), func() { failures++ })
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n := served(t, c); n != 1 {
		t.Fatalf("the first certificate is number %d, want 1", n)
	}
	writePair(t, files, 22)
	c.Reload()
	if n := served(t, c); n != 22 {
		t.Errorf("after a change the certificate is number %d, want 22", n)
	}
	if err := os.WriteFile(files.Cert, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Reload()
	if n := served(t, c); n != 22 || failures != 1 {
		t.Errorf("with a broken file the certificate is number %d after %d failures, want 22 after 1", n, failures)
	}
	writePair(t, files, 333)
	c.Reload()
	if n := served(t, c); n != 333 {
		t.Errorf("after the repair the certificate is number %d, want 333", n)
	}
}

func TestCertificateFilesThatCannotBeUsedAreAnErrorAtTheStart(t *testing.T) {
	dir := t.TempDir()
	files := CertificateFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	if _, err := OpenCertificates(files, slog.New(slog.DiscardHandler), func() {}); err == nil {
		t.Error("missing files are taken")
	}
	writePair(t, files, 1)
	files.ClientCA = files.Key
	if _, err := OpenCertificates(files, slog.New(slog.DiscardHandler), func() {}); err == nil {
		t.Error("a file without a certificate is taken for client authorities")
	}
}

// A pair is two files, and whoever replaces them does so one after the other.
func TestHalfAReplacedPairKeepsTheOldOneUntilTheOtherHalfIsThere(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	in := func(dir string) CertificateFiles {
		return CertificateFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	}
	files := in(dir)
	writePair(t, files, 1)
	writePair(t, in(other), 22)
	failures := 0
	c, err := OpenCertificates(files, slog.New(slog.DiscardHandler), func() { failures++ })
	check(t, err)
	defer c.Close()
	check(t, os.Rename(in(other).Cert, files.Cert))
	c.Reload()
	if n := served(t, c); n != 1 || failures != 1 {
		t.Errorf("with half a pair the certificate is number %d after %d failures, want 1 after 1", n, failures)
	}
	c.Reload()
	if failures != 1 {
		t.Errorf("the same files count as %d failures", failures)
	}
	check(t, os.Rename(in(other).Key, files.Key))
	c.Reload()
	if n := served(t, c); n != 22 || failures != 1 {
		t.Errorf("with both halves the certificate is number %d after %d failures, want 22 after 1", n, failures)
	}
	check(t, os.Remove(files.Key))
	c.Reload()
	if n := served(t, c); n != 22 || failures != 2 {
		t.Errorf("without a key the certificate is number %d after %d failures, want 22 after 2", n, failures)
	}
}

// Authorities of clients that cannot be read must neither admit everybody nor
// forget those who were admitted.
func TestABrokenFileOfAuthoritiesKeepsTheOldOnes(t *testing.T) {
	dir := t.TempDir()
	files := CertificateFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem")}
	writePair(t, files, 1)
	authority, err := os.ReadFile(files.Cert)
	check(t, err)
	check(t, os.WriteFile(files.ClientCA, authority, 0o600))
	failures := 0
	c, err := OpenCertificates(files, slog.New(slog.DiscardHandler), func() { failures++ })
	check(t, err)
	defer c.Close()
	before := c.current.Load()
	check(t, os.WriteFile(files.ClientCA, []byte("nothing"), 0o600))
	c.Reload()
	if c.current.Load() != before || failures != 1 {
		t.Errorf("a broken file is taken into use, after %d failures", failures)
	}
	check(t, os.WriteFile(files.ClientCA, append(authority, authority...), 0o600))
	c.Reload()
	if now := c.current.Load(); now == before || now.ClientCAs == nil || now.ClientAuth != tls.VerifyClientCertIfGiven {
		t.Error("the repaired file is not taken into use")
	}
}
