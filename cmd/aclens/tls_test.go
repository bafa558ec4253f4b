package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

const tlsConfig = `
listen: {ldap: 127.0.0.1:0, ldaps: 127.0.0.1:0, http: 127.0.0.1:0, metrics: 127.0.0.1:0}
tls: {certFile: aclens.pem, keyFile: aclens.key, clientCAFile: aclens.pem}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
certificates: [{subject: "CN=aclens test", dn: "cn=reader,o=acme"}]
log: {level: debug, format: json}
`

func TestTheListenersOfAConfigurationSpeakTLSWhereItSaysSo(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	own := writeCertificate(t, dir)
	r := startIn(t, dir, tlsConfig)
	plain := "http://" + r.address("metrics")
	await(t, func() error { return httpStatus(plain+"/readyz", http.StatusOK) })

	trusting := &tls.Config{RootCAs: own.roots, ServerName: "127.0.0.1"}
	web := http.Client{Transport: &http.Transport{TLSClientConfig: trusting, DisableKeepAlives: true}, Timeout: patience}
	answer, err := web.Get("https://" + r.address("http") + "/readyz")
	if err != nil {
		t.Fatalf("asking over HTTPS: %v", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("over HTTPS it is %s", answer.Status)
	}

	secure, err := ldap.DialURL("ldaps://"+r.address("ldaps"), ldap.DialWithTLSConfig(trusting))
	if err != nil {
		t.Fatalf("connecting with LDAPS: %v", err)
	}
	defer secure.Close()
	if err := secure.Bind(jane, "jdoe"); err != nil {
		t.Errorf("binding over LDAPS: %v", err)
	}

	upgraded := r.dial()
	if err := upgraded.StartTLS(trusting); err != nil {
		t.Fatalf("switching to TLS: %v", err)
	}
	if err := upgraded.Bind(jane, "jdoe"); err != nil {
		t.Errorf("binding after StartTLS: %v", err)
	}

	known := r.dial()
	if err := known.StartTLS(&tls.Config{RootCAs: own.roots, ServerName: "127.0.0.1", Certificates: []tls.Certificate{own.pair}}); err != nil {
		t.Fatalf("switching to TLS with a certificate: %v", err)
	}
	if err := known.ExternalBind(); err != nil {
		t.Fatalf("binding by the certificate: %v", err)
	}
	wantAccess(t, known, "(uid=jdoe)", "apps/crm.nsf#reader")
	if err := upgraded.ExternalBind(); err == nil {
		t.Error("a client without a certificate is bound by it")
	}
}

// certificate is an authority and its own only customer, as server and client.
type certificate struct {
	pair  tls.Certificate
	roots *x509.CertPool
}

// writeCertificate makes aclens.pem and aclens.key.
func writeCertificate(t *testing.T, dir string) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "aclens test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	writeText(t, filepath.Join(dir, "aclens.pem"), string(public))
	writeText(t, filepath.Join(dir, "aclens.key"), string(private))
	c := certificate{roots: x509.NewCertPool()}
	c.roots.AppendCertsFromPEM(public)
	if c.pair, err = tls.X509KeyPair(public, private); err != nil {
		t.Fatal(err)
	}
	return c
}

// The old pair goes on when the new one is broken, and the metric tells of it.
func TestABrokenCertificateKeepsTheOldOneAndIsCounted(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	own := writeCertificate(t, dir)
	r := startIn(t, dir, tlsConfig)
	plain := "http://" + r.address("metrics")
	await(t, func() error { return httpStatus(plain+"/readyz", http.StatusOK) })
	counted := func(want string) func() error {
		return func() error {
			got, err := metric(plain+"/metrics", "aclens_tls_reload_errors_total")
			if err == nil && got != want {
				err = fmt.Errorf("%s changes that could not be used are counted, want %s", got, want)
			}
			return err
		}
	}
	await(t, counted("0"))
	writeText(t, filepath.Join(dir, "aclens.pem"), "not a certificate")
	hangUp(t)
	await(t, counted("1"))
	for _, listener := range []string{"ldaps", "http"} {
		conn, err := tls.Dial("tcp", r.address(listener), &tls.Config{RootCAs: own.roots, ServerName: "127.0.0.1"})
		if err != nil {
			t.Fatalf("the old certificate is not served on %s: %v", listener, err)
		}
		_ = conn.Close()
	}
	renewed := writeCertificate(t, dir)
	hangUp(t)
	await(t, func() error {
		conn, err := tls.Dial("tcp", r.address("ldaps"), &tls.Config{RootCAs: renewed.roots, ServerName: "127.0.0.1"})
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	await(t, counted("1"))
}

// hangUp sends this process SIGHUP.
func hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// An account whose password is wrong is no reason to end: it may be changed, in
// the directory or in the file.
func TestAPasswordInAFileMayBeChangedWhileAclensRuns(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	file := writeText(t, filepath.Join(dir, "password"), "not "+secretWord)
	r := startIn(t, dir, fmt.Sprintf(`
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap: {urls: ["%s"], bindDN: "cn=reader,o=acme", bindPasswordFile: password, bases: [""], refresh: {interval: 100ms}}
databases: {dxl: [acls], homeServers: [Hub1/Acme]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
`, slapd.URL))
	await(t, func() error {
		for _, line := range r.log.Lines() {
			if line["msg"] == "nothing can be answered yet" {
				return nil
			}
		}
		return fmt.Errorf("the log does not tell of the refusal:\n%s", r.log)
	})
	r.awaitReady(http.StatusServiceUnavailable)
	writeText(t, file, secretWord+"\n")
	r.awaitReady(http.StatusOK)
	wantAccess(t, r.bound(reader, secretWord), "(uid=jdoe)", "apps/crm.nsf#reader")
}
