package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/admin"
)

// releaseConfig serves the sample; whoever has the name steward may release.
const releaseConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory: {ldif: [people.ldif, stewards.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], exclude: []}
clients:
  - {dn: "cn=steward,o=acme", read: [admin]}
  - {dn: "cn=reader,o=acme", read: [people, groups, access]}
brake: {people: 10%, groups: 10%, memberships: 100%, databases: 10%}
audit: {file: audit.jsonl}
`

const stewards = `dn: cn=steward,o=acme
objectClass: applicationProcess
cn: steward
userPassword: steward

dn: cn=reader,o=acme
objectClass: applicationProcess
cn: reader
userPassword: reader

`

// peopleLDIF are people numbered from 0.
func peopleLDIF(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: cn=Person %03d,ou=Sales,o=Acme\nobjectClass: person\ncn: Person %03d\nsn: %03d\n\n", i, i, i)
	}
	return b.String()
}

// replaceText puts a file in the place of another at once.
func replaceText(t *testing.T, path, text string) {
	t.Helper()
	beside := writeText(t, filepath.Join(filepath.Dir(path), ".beside"), text)
	if err := os.Rename(beside, path); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheBrakeHoldsIsShownAndReleasedByAnAdministratorAlone(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "stewards.ldif"), stewards)
	people := writeText(t, filepath.Join(dir, "people.ldif"), peopleLDIF(40))
	password := writeText(t, filepath.Join(dir, "password"), "steward\n")
	t.Chdir(dir)
	r := startIn(t, dir, releaseConfig)
	r.awaitReady(http.StatusOK)
	file := writeText(t, filepath.Join(dir, "ask.yaml"), strings.Replace(releaseConfig, "http: 127.0.0.1:0", "http: "+r.address("http"), 1))
	ask := func(status int, args ...string) string {
		t.Helper()
		var out, errOut bytes.Buffer
		args = append([]string{"release", "--config", file, "--user", "cn=steward,o=acme", "--password-file", password}, args...)
		if got := run(args, &out, &errOut); got != status {
			t.Errorf("%v ends with %d, want %d: %s%s", args, got, status, &out, &errOut)
		}
		return out.String() + errOut.String()
	}
	if got := ask(exitDone); got != "nothing is held\n" {
		t.Errorf("at first: %s", got)
	}
	replaceText(t, people, peopleLDIF(30))
	var held admin.HeldAnswer
	await(t, func() error {
		code, text := request(t, "GET", r.url("/api/v1/held"), "cn=steward,o=acme", "steward", "")
		if err := json.Unmarshal(text, &held); err != nil || code != 200 || len(held.Held) != 1 {
			return fmt.Errorf("%d %s", code, text)
		}
		return nil
	})
	id := held.Held[0].ID
	shown := ask(exitProblems)
	for _, want := range []string{"directory primary, held since", "10 of 40 people would vanish:", "cn=Person 030,ou=Sales,o=Acme", "--held " + id} {
		if !strings.Contains(shown, want) {
			t.Errorf("shown is\n%s\nwithout %q", shown, want)
		}
	}
	ready, err := scrape(r.url("/readyz"))
	if err != nil || !strings.Contains(ready, id) || !strings.Contains(ready, "10 of 40 people") || strings.Contains(ready, "Person 0") {
		t.Errorf("/readyz says %s, %v", ready, err)
	}
	for series, want := range map[string]string{`aclens_refresh_held{kind="people"}`: "10", `aclens_refresh_held{kind="databases"}`: "0"} {
		if got, err := metric(r.url("/metrics"), series); err != nil || got != want {
			t.Errorf("%s is %s, %v", series, got, err)
		}
	}
	for _, c := range []struct {
		sentence, user, password, body string
		code                           int
	}{
		{"nobody releases without a log-in", "", "", `{"id":"` + id + `"}`, 401},
		{"nor without the right admin", "cn=reader,o=acme", "reader", `{"id":"` + id + `"}`, 403},
		{"nor what is not held", "cn=steward,o=acme", "steward", `{"id":"0000"}`, 404},
		{"nor whatever there is", "cn=steward,o=acme", "steward", `{}`, 400},
		{"nor with a field that means nothing", "cn=steward,o=acme", "steward", `{"id":"` + id + `","force":true}`, 400},
	} {
		if code, text := request(t, "POST", r.url("/api/v1/release"), c.user, c.password, c.body); code != c.code {
			t.Errorf("%s: %d %s", c.sentence, code, text)
		}
	}
	if code, text := request(t, "GET", r.url("/api/v1/held"), "cn=reader,o=acme", "reader", ""); code != 403 || strings.Contains(string(text), "Person") || !strings.Contains(string(text), "no rule in clients gives to cn=reader,o=acme: read: [admin]") {
		t.Errorf("what is held is shown to others: %d %s", code, text)
	}
	ask(exitUsage, "--held", "0000000000000000")
	if got := ask(exitDone, "--held", id); !strings.Contains(got, "released "+id) {
		t.Errorf("released: %s", got)
	}
	if got := ask(exitDone); got != "nothing is held\n" {
		t.Errorf("afterwards: %s", got)
	}
	if got, err := metric(r.url("/metrics"), `aclens_snapshot_entries{kind="people"}`); err != nil || got != "30" {
		t.Errorf("%s people, %v", got, err)
	}
	audit, err := os.ReadFile(filepath.Join(dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"event":"release"`, `"target":"` + id + `"`, `"result":50`} {
		if !strings.Contains(string(audit), want) {
			t.Errorf("the audit record lacks %s:\n%s", want, audit)
		}
	}
}
