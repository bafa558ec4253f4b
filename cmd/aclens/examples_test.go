package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// exampleConfig is the aclens.yaml that the examples of --help name.
const exampleConfig = `directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf}}
servers: {dxl: [servers.dxl]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
`

// exampleFiles are what the examples name beside it.
func exampleFiles(t *testing.T, dir string) {
	t.Helper()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"acls-monday", "acls-friday"} {
		if err := os.CopyFS(filepath.Join(dir, folder), demo.ACLs()); err != nil {
			t.Fatal(err)
		}
	}
	writeText(t, filepath.Join(dir, "aclens.yaml"), exampleConfig)
	writeText(t, filepath.Join(dir, "effective-access.csv"), "user,database,level\nCN=Jane Doe/OU=Sales/O=Acme,apps/crm.nsf,Reader\n")
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "secrets", "reader"), secretWord)
}

// TestExamplesOfHelpRun types the examples as they stand, in a folder that holds
// what they name. Those that speak to a running aclens, or would serve, have
// tests of their own.
func TestExamplesOfHelpRun(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	setPassword(t, slapd, reader, secretWord)
	dir := t.TempDir()
	exampleFiles(t, dir)
	t.Chdir(dir)
	may := map[string][]int{"check": {exitDone, exitProblems}, "shadow": {exitDone, exitProblems}}
	for _, c := range commands() {
		if slices.Contains([]string{"serve", "release", "healthcheck"}, c.Name()) {
			continue
		}
		for line := range strings.Lines(c.Example) {
			typed := words(strings.ReplaceAll(strings.TrimSpace(line), "ldap://127.0.0.1:389", slapd.URL))
			if slices.Contains(typed, "--bind-dn") && !slices.Contains(typed, "--password-file") {
				typed = append(typed, "--password-file", "secrets/reader") // in the place of whoever types it
			}
			var out, errOut bytes.Buffer
			allowed := append([]int{exitDone}, may[c.Name()]...)
			if status := run(typed[1:], &out, &errOut); !slices.Contains(allowed, status) {
				t.Errorf("%s\nends with %d: %s", strings.TrimSpace(line), status, &errOut)
			}
			if status := errOut.String(); strings.HasPrefix(status, "aclens: ") {
				t.Errorf("%s\ncomplains: %s", strings.TrimSpace(line), status)
			}
		}
	}
}
