package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/resolver/saved"
)

// saveState writes the state that a configuration leads to.
func saveState(t *testing.T, configFile, file string) {
	t.Helper()
	cfg, err := config.Load(configFile)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := loadConfig(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := saved.Write(f, loaded.Snapshot, saved.Meta{ID: loaded.ID}); err != nil {
		t.Fatal(err)
	}
}

func TestDiffTakesSavedSnapshots(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	ldif, err := os.ReadFile(at("acme.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(string(ldif), "\ndn: ", "\ndn: cn=Zoe Late,ou=Sales,o=Acme\nobjectClass: inetOrgPerson\ncn: Zoe Late\nsn: Late\n\ndn: ", 1)
	for name, text := range map[string]string{
		"more.ldif":      more,
		"aclens.yaml":    "directory: {ldif: [acme.ldif]}\ndatabases: {dxl: [acls], homeServers: [Hub1/Acme]}\nservers: {dxl: [servers.dxl]}\n",
		"later.yaml":     "directory: {ldif: [more.ldif]}\ndatabases: {dxl: [acls], homeServers: [Hub1/Acme]}\nservers: {dxl: [servers.dxl]}\n",
		"twofold.yaml":   "directory: {ldif: [acme.ldif]}\nsecondaries: [{name: other, ldif: [more.ldif]}]\ndatabases: {dxl: [acls], homeServers: [Hub1/Acme]}\n",
		"unreached.yaml": "directory: {ldap: {urls: ['ldap://127.0.0.1:1'], bases: [o=Acme], bindDN: 'cn=r', bindPassword: 'x'}}\ndatabases: {dxl: [acls], homeServers: [Hub1/Acme]}\n",
	} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saveState(t, at("aclens.yaml"), at("monday.json")) // whatever it is called
	saveState(t, at("later.yaml"), at("friday"))
	good, err := os.ReadFile(at("friday"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(good)
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(at("damaged"), damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("state/snapshot"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sentence, config, before, after string
		status                          int
		out, errOut                     string
	}{
		{"a snapshot and itself", "aclens.yaml", "monday.json", "monday.json", 0, "0 changes", ""},
		{"somebody came", "aclens.yaml", "monday.json", "friday", exitProblems, "Zoe Late", ""},
		{"somebody went", "aclens.yaml", "friday", "monday.json", exitProblems, "Zoe Late", ""},
		{"a snapshot and the exports that it was made of", "aclens.yaml", "monday.json", "acls", 0, "0 changes", ""},
		{"a snapshot and another directory", "aclens.yaml", "monday.json", "more.ldif", exitProblems, "Zoe Late", ""},
		{"a damaged snapshot", "aclens.yaml", "monday.json", "damaged", exitUsage, "", "damaged: saved snapshot: "},
		{"the folder of a snapshot", "aclens.yaml", "monday.json", "state", exitUsage, "", "name the file itself"},
		{"a snapshot of other directories", "twofold.yaml", "monday.json", "friday", exitUsage, "", `its directories are ["primary"]`},
		{"a directory that cannot say what it is", "unreached.yaml", "monday.json", "friday", exitNoReach, "", "finding out what it is"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			var out, errOut bytes.Buffer
			status := run([]string{"diff", "--config", at(c.config), "--before", at(c.before), "--after", at(c.after)}, &out, &errOut)
			if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(errOut.String(), c.errOut) || c.errOut == "" && errOut.Len() > 0 {
				t.Errorf("ends with %d, want %d\n%s%s", status, c.status, out.String(), errOut.String())
			}
		})
	}
}
