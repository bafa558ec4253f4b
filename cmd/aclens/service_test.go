package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

const (
	reader = "cn=reader,o=acme"
	jane   = "cn=Jane Doe,ou=Sales,o=Acme"
)

// liveConfig serves the sample with its directory in slapd. Between two polls
// there is an hour, so that whatever is seen earlier came another way.
const liveConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap:
    urls: ["%s"]
    bindDN: cn=reader,o=acme
    bindPassword: ` + secretWord + `
    bases: [""]
    refresh: {interval: 1h}
    timeouts: {connect: 1s, operation: 2s}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf}}
servers: {dxl: [servers.dxl]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
audit: {file: audit.log}
`

// newSlapd serves the sample's directory, with the secret word as the service
// account's password.
func newSlapd(t *testing.T) *slapdtest.Server {
	t.Helper()
	s := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	setPassword(t, s, reader, secretWord)
	return s
}

func TestADirectoryThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	slapd.Stop()
	r := start(t, fmt.Sprintf(liveConfig, slapd.URL))

	r.awaitReady(http.StatusServiceUnavailable)
	if err := httpStatus(r.url("/healthz"), http.StatusOK); err != nil {
		t.Errorf("waiting is no illness: %v", err)
	}
	c := r.dial()
	if _, err := values(c, "o=acme", "(uid=jdoe)", "effectiveAccess"); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
		t.Errorf("a search before the first state ends with %v, want 52", err)
	}
	if err := c.Bind(reader, secretWord); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
		t.Errorf("a bind ends with %v, want 52", err)
	}

	slapd.Restart()
	r.awaitReady(http.StatusOK)
	wantAccess(t, r.bound(reader, secretWord), "(uid=jdoe)", "apps/crm.nsf#reader")
}

func TestADirectoryThatGoesAwayIsReadFromMemoryAndBindsSaySo(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	r := start(t, fmt.Sprintf(liveConfig, slapd.URL))
	r.awaitReady(http.StatusOK)
	early := r.bound(reader, secretWord)

	slapd.Stop()
	late := r.dial()
	for dn, password := range map[string]string{reader: secretWord, jane: "jdoe", "cn=nobody,o=acme": "wrong"} {
		if err := late.Bind(dn, password); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
			t.Errorf("a bind as %s ends with %v, want 52", dn, err)
		}
	}
	wantAccess(t, early, "(uid=jdoe)", "apps/crm.nsf#reader")
	if err := httpStatus(r.url("/readyz"), http.StatusOK); err != nil {
		t.Errorf("reads go on, so it is ready: %v", err)
	}

	slapd.Restart()
	await(t, func() error { return r.dial().Bind(jane, "jdoe") })
	if err := late.Bind(jane, "wrong"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("a wrong password ends with %v, want 49", err)
	}
}

func TestHangupReloads(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	r := start(t, fmt.Sprintf(liveConfig, slapd.URL))
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, secretWord)
	wantAccess(t, c, "(uid=fwood)", "apps/crm.nsf#author")

	change := ldap.NewModifyRequest("CN=Sales Team", nil)
	change.Add("member", []string{"CN=Frank Wood,OU=Sales,O=Acme"})
	if err := slapd.Dial().Modify(change); err != nil {
		t.Fatalf("changing a group: %v", err)
	}
	wantAccess(t, c, "(uid=fwood)", "apps/crm.nsf#author")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatalf("sending SIGHUP: %v", err)
	}
	awaitAccess(t, c, "(uid=fwood)", "apps/crm.nsf#editor")
}

func TestAnExportThatChangesIsReadAndOneThatBreaksIsNot(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	r := startIn(t, dir, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")

	export := filepath.Join(dir, "acls", "hub1", "crm.dxl")
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, export, strings.Replace(string(text), `name='CN=Jane Doe/OU=Sales/O=Acme' type='person' level='reader'`,
		`name='CN=Jane Doe/OU=Sales/O=Acme' type='person' level='designer'`, 1))
	awaitAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#designer")

	replace(t, export, string(text[:len(text)/2]))
	await(t, func() error {
		found, err := values(c, "ou=findings,cn=access", "(findingKind=broken-export)", "findingSubject")
		if err == nil && (len(found) != 1 || !strings.Contains(found[0], "crm.dxl")) {
			err = fmt.Errorf("the findings about broken exports are %q", found)
		}
		return err
	})
	wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#designer")

	replace(t, export, string(text))
	awaitAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")
}

// offlineConfig serves the sample from its files.
const offlineConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf}}
servers: {dxl: [servers.dxl]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
`

// replace puts a file into another one's place, as exports should be written.
func replace(t *testing.T, file, text string) {
	t.Helper()
	if err := os.Rename(writeText(t, file+".new", text), file); err != nil {
		t.Fatal(err)
	}
}

// A bind that waits for the directory is in progress when the service is told
// to end; it gets its answer, and then the connection is closed.
func TestTermLetsRequestsEnd(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	r := start(t, fmt.Sprintf(liveConfig, slapd.URL))
	r.awaitReady(http.StatusOK)
	idle, busy := r.bound(reader, secretWord), r.dial()
	address := r.address("ldap")

	slapd.Pause()
	before, err := metric(r.url("/metrics"), octetsIn)
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() { answer <- busy.Bind(jane, "jdoe") }()
	await(t, func() error {
		now, err := metric(r.url("/metrics"), octetsIn)
		if err == nil && now == before {
			err = errors.New("the bind has not come")
		}
		return err
	})
	r.stop()
	await(t, func() error {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return nil
		}
		_ = c.Close()
		return errors.New("connections are still accepted")
	})
	slapd.Resume()
	if err := <-answer; err != nil {
		t.Errorf("the bind in progress ends with %v", err)
	}
	r.end()
	if !idle.IsClosing() {
		await(t, func() error {
			if _, err := values(idle, "", "(uid=jdoe)", "cn"); err == nil {
				return errors.New("an idle connection is still answered")
			}
			return nil
		})
	}
}

// octetsIn counts what clients sent, as far as it was read.
const octetsIn = `aclens_network_bytes_total{direction="in"}`

func TestABrokenConfigurationEndsServeAndLeavesNothingBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct{ sentence, text, want string }{
		{"a port that somebody else has", `
listen: {ldap: 127.0.0.1:0, http: "` + taken.Addr().String() + `"}
directory: {ldif: [acme.ldif]}`, "listen.http"},
		{"a certificate that is none", `
listen: {ldap: 127.0.0.1:0, http: ""}
directory: {ldif: [acme.ldif]}
tls: {certFile: acme.ldif, keyFile: acme.ldif}`, "tls"},
		{"a real entry below the virtual ones", `
listen: {ldap: 127.0.0.1:0, http: ""}
directory: {ldif: [acme.ldif]}
view: {base: "o=acme"}`, "view.base"},
		{"exports of two servers without a home server", `
listen: {ldap: 127.0.0.1:0, http: ""}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls]}`, "homeServers"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			noLeaks(t)
			dir := t.TempDir()
			if err := unpackSample(dir); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(writeText(t, filepath.Join(dir, "aclens.yaml"), c.text))
			if err != nil {
				t.Fatalf("the file itself is well: %v", err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err = serve(ctx, &proctest.Journal{}, cfg, func(*service) { t.Error("it says that it is ready") })
			var exit *exitError
			if !errors.As(err, &exit) || exit.status != exitUsage || !strings.Contains(err.Error(), c.want) {
				t.Errorf("serve ends with %v, want status 2 and something about %s", err, c.want)
			}
		})
	}
}

func TestTheAuditFileTellsWhoAskedAndNoSecret(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	r := startIn(t, dir, fmt.Sprintf(liveConfig, slapd.URL))
	r.awaitReady(http.StatusOK)
	wantAccess(t, r.bound(reader, secretWord), "(uid=jdoe)", "apps/crm.nsf#reader")
	if err := r.dial().Bind(reader, "not "+secretWord); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("a wrong password ends with %v", err)
	}
	r.end()
	text, err := os.ReadFile(filepath.Join(dir, "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secretWord) {
		t.Error("the audit file holds a password")
	}
	for _, want := range []string{`"event":"bind"`, `"resultName":"invalidCredentials"`, `"target":"cn=reader,o=acme"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the audit file does not hold %s:\n%s", want, text)
		}
	}
}

// wantAccess holds somebody's level in a database to a value.
func wantAccess(t *testing.T, c *ldap.Conn, filter, want string) {
	t.Helper()
	if err := hasAccess(c, filter, want); err != nil {
		t.Error(err)
	}
}

// awaitAccess is wantAccess for what comes soon.
func awaitAccess(t *testing.T, c *ldap.Conn, filter, want string) {
	t.Helper()
	await(t, func() error { return hasAccess(c, filter, want) })
}

func hasAccess(c *ldap.Conn, filter, want string) error {
	found, err := values(c, "", filter, "effectiveAccess")
	if err == nil && !slices.Contains(found, want) {
		err = fmt.Errorf("%s has %q, want %s", filter, found, want)
	}
	return err
}
