package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wideWorld writes a world in which everybody may read everything, and returns
// its configuration.
func wideWorld(t *testing.T, people, databases int) string {
	t.Helper()
	var ldif, dxl strings.Builder
	for i := range people {
		fmt.Fprintf(&ldif, "dn: cn=P%d,o=Acme\nobjectClass: person\ncn: P%d\nsn: P\n\n", i, i)
	}
	dxl.WriteString("<?xml version='1.0'?>\n<databases>\n")
	for n := range databases {
		fmt.Fprintf(&dxl, "<database xmlns='http://www.lotus.com/dxl' replicaid='%016X' path='CN=Hub1/O=Acme!!d%d.nsf'><acl><aclentry name='-Default-' default='true' level='reader'/></acl></database>\n", n+1, n)
	}
	dxl.WriteString("</databases>\n")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"people.ldif": ldif.String(), "acls.dxl": dxl.String(),
		"aclens.yaml": "directory: {ldif: [people.ldif]}\ndatabases: {dxl: [acls.dxl], homeServers: [Hub1/Acme]}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "aclens.yaml")
}

func TestAPageOfMoreThanAMillionPairsIsRefusedAndTheWayOutNamed(t *testing.T) {
	config := wideWorld(t, 1001, 1000)
	out := filepath.Join(filepath.Dir(config), "access.html")
	for _, c := range []struct {
		sentence string
		args     []string
		status   int
		says     []string
	}{
		{"before it is written, where the number is known", nil, exitUsage, []string{"1001 users in 1000 databases are 1001000", "--users", "--databases", "--at-least"}},
		{"while it is written, where it is not", []string{"--at-least", "reader"}, exitUsage, []string{"at most 1,000,000 pairs", "--users", "--databases"}},
		{"what is left out does not count", []string{"--at-least", "author"}, exitDone, []string{"0 rows to ", "1001 users, 1000 databases"}},
		{"a million are not too many", []string{"--users", "(!(cn=P1))"}, exitDone, []string{"1000000 rows to ", "1000 users, 1000 databases"}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			var said strings.Builder
			status := run(append([]string{"report", "--config", config, "--format", "html", "--out", out}, c.args...), &said, &said)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.says {
				if !strings.Contains(said.String(), want) {
					t.Errorf("no %q in %q", want, said.String())
				}
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(config), "*access.html*"))
			if err != nil {
				t.Fatal(err)
			}
			if written := len(left) > 0; written != (c.status == exitDone) {
				t.Errorf("status %d leaves %q", status, left)
			}
			_ = os.Remove(out) // it may not be there
		})
	}
}

func TestAReportOfSomeDatabasesKeepsTheFindingsAboutOthersToItself(t *testing.T) {
	dir := t.TempDir()
	if err := unpackDemo(dir, "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var page, said strings.Builder
	status := run([]string{"report", "--config", filepath.Join(dir, "aclens.yaml"), "--format", "html", "--out", "-", "--databases", "apps/crm.nsf"}, &page, &said)
	if status != exitDone {
		t.Fatalf("status %d: %s", status, &said)
	}
	for text, want := range map[string]bool{"; only databases apps/crm.nsf; directory as of ": true, "<td>apps/crm.nsf": true, "<td>empty-group</td>": true, "apps/orders.nsf": false, "apps/hr.nsf": false} {
		if strings.Contains(page.String(), text) != want {
			t.Errorf("the page holds %q: %t", text, !want)
		}
	}
}
