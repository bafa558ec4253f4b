package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// awayConfig keeps its state; whoever asks may read people.
func awayConfig(url string) string {
	return `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap: {urls: ["` + url + `"], bindDN: "CN=reader,O=Acme", bindPassword: ` + secretWord + `, bases: [o=acme], timeouts: {connect: 500ms, operation: 1s}}
databases: {dxl: [acls], homeServers: [Hub1/Acme], exclude: []}
clients: [{dn: anonymous, read: [people, groups, access]}]
state: {dir: state}
`
}

func TestARestartWhileTheDirectoryIsAwayServesTheKeptState(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	setPassword(t, slapd, "CN=reader,O=Acme", secretWord)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	first := startIn(t, dir, awayConfig(slapd.URL))
	first.awaitReady(http.StatusOK)
	want, err := values(first.dial(), "o=acme", "(uid=jdoe)", "effectiveAccess")
	if err != nil || len(want) == 0 {
		t.Fatalf("%v, %v", want, err)
	}
	first.end()
	slapd.Stop()

	again := startIn(t, dir, awayConfig(slapd.URL))
	again.awaitReady(http.StatusOK)
	c := again.dial()
	got, err := values(c, "o=acme", "(uid=jdoe)", "effectiveAccess")
	if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, %v; before the restart %v", got, err, want)
	}
	if at, err := values(c, "o=acme", "(uid=jdoe)", "accessAsOf"); err != nil || !strings.Contains(strings.Join(at, " "), "directory=") {
		t.Errorf("it does not say how old it is: %v, %v", at, err)
	}
	began := time.Now()
	err = again.dial().Bind("CN=reader,O=Acme", secretWord)
	if took := time.Since(began); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) || took > 5*time.Second {
		t.Errorf("a bind ends with %v after %v", err, took)
	}
	slapd.Restart()
	await(t, func() error { return again.dial().Bind("CN=reader,O=Acme", secretWord) })
	again.end()

	for _, change := range []string{"rules: {wildcardMode: merge}", "servers: {settings: [{name: Hub1/Acme, enforce: {http: no}}]}"} {
		slapd.Stop()
		other := startIn(t, dir, awayConfig(slapd.URL)+change)
		other.awaitReady(http.StatusServiceUnavailable)
		if _, err := values(other.dial(), "o=acme", "(uid=jdoe)", "effectiveAccess"); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
			t.Errorf("%s: a state of other settings answers: %v", change, err)
		}
		other.end()
	}
}

func TestABindWaitsNoLongerForAPausedServerThanTheTimeouts(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	setPassword(t, slapd, "CN=reader,O=Acme", secretWord)
	r := start(t, awayConfig(slapd.URL))
	r.awaitReady(http.StatusOK)
	slapd.Pause()
	defer slapd.Resume()
	for range 3 { // also those that come when it is known to be away
		began := time.Now()
		err := r.dial().Bind("CN=reader,O=Acme", secretWord)
		if took := time.Since(began); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) || took > 3*time.Second {
			t.Errorf("a bind ends with %v after %v; the timeouts are 500ms and 1s", err, took)
		}
	}
	if got, err := values(r.dial(), "o=acme", "(uid=jdoe)", "effectiveAccess"); err != nil || len(got) == 0 {
		t.Errorf("searches: %v, %v", got, err)
	}
}

func TestAFolderOfStatesThatCannotBeIsSaidAtTheStart(t *testing.T) {
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(writeText(t, filepath.Join(dir, "aclens.yaml"), "listen: {ldap: 127.0.0.1:0, http: \"\"}\ndirectory: {ldif: [acme.ldif]}\nstate: {dir: open}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), &proctest.Journal{}, cfg, nil); err == nil || !strings.Contains(err.Error(), "state.dir") {
		t.Errorf("serve says %v", err)
	}
}

func TestASecondAclensInTheSameFolderOfStatesIsRefusedAndTheFirstGoesOn(t *testing.T) {
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	text := "listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}\ndirectory: {ldif: [acme.ldif]}\nstate: {dir: state}\nclients: [{dn: anonymous, read: [people]}]\n"
	first := startIn(t, dir, text)
	first.awaitReady(http.StatusOK)
	cfg, err := config.Load(filepath.Join(dir, "aclens.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), &proctest.Journal{}, cfg, nil); !errors.Is(err, refresh.ErrKeepInUse) || !strings.Contains(err.Error(), "state.dir") {
		t.Errorf("a second one: %v", err)
	}
	if got, err := values(first.dial(), "o=acme", "(uid=jdoe)", "mail"); err != nil || len(got) == 0 {
		t.Errorf("the first one: %v, %v", got, err)
	}
	first.end()
	startIn(t, dir, text).awaitReady(http.StatusOK)
}

func TestOnlyWhatAnswersDependOnIsInTheChoicesOfAKeptState(t *testing.T) {
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	base := awayConfig("ldap://127.0.0.1:1")
	choicesOf := func(text string) string {
		t.Helper()
		cfg, err := config.Load(writeText(t, filepath.Join(dir, "aclens.yaml"), text))
		if err != nil {
			t.Fatal(err)
		}
		return keptChoices(cfg, "openldap")
	}
	was := choicesOf(base)
	if strings.Contains(was, secretWord) {
		t.Error("the password is in it")
	}
	for _, c := range []struct {
		sentence, text string
		same           bool
	}{
		{"another password", strings.Replace(base, secretWord, "another", 1), true},
		{"other timeouts", strings.Replace(base, "500ms", "900ms", 1), true},
		{"another client", strings.Replace(base, "[people, groups, access]", "[people]", 1), true},
		{"a limit", base + "limits: {sizeLimit: 7}\n", true},
		{"another base", strings.Replace(base, "[o=acme]", "[o=other]", 1), false},
		{"another server", strings.Replace(base, `127.0.0.1:1"`, `127.0.0.1:2"`, 1), false},
		{"a filter", strings.Replace(base, "bases:", "personFilter: (uid=*), bases:", 1), false},
		{"a rule", base + "rules: {maxNestingDepth: 6}\n", false},
		{"another place of the virtual subtree", base + "view: {base: cn=other}\n", false},
		{"what is excluded", strings.Replace(base, "exclude: []", "exclude: [apps/*]", 1), false},
	} {
		if got := choicesOf(c.text); (got == was) != c.same {
			t.Errorf("%s: same is %v", c.sentence, got == was)
		}
	}
}
