package clienttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// askNslcd asks as a machine that has its accounts in the directory does: its
// people, its groups and groups inside groups, in pages, and log-ins.
func askNslcd(t *testing.T, w *world) {
	program(t, "nslcd")
	config := writeText(t, filepath.Join(t.TempDir(), "nslcd.conf"), here(t, recipes(t, "machines.md", "conf")[0], "127.0.0.1:10389", w.ldap, "pagesize 1000", "pagesize 2"))
	command := append(apart(t), "sh", "testdata/nslcd.sh", config)
	wantLines(t, `
jdoe:*:20001:21000:Jane Doe:/home/jdoe:/bin/bash
ida:*:20003:21000:Ida Intern:/home/ida:
passwd nobody-at-all ends with 2
passwd pplain ends with 2
ida:*:20003:21000:Ida Intern:/home/ida:
jdoe:*:20001:21000:Jane Doe:/home/jdoe:/bin/bash
vstone:*:20002:21000:Victor Stone:/home/vstone:/bin/sh
staff:*:21000:jdoe,vstone
unixsales:*:21001:ida,jdoe
unixinterns:*:21002:ida
ida 21002 21001
jdoe 21000 21001
vstone 21000
login	jdoe	0	0
login	jdoe	7	0
login	ida	0	0
login	pplain	not known
`, command[0], command[1:]...)
}

// apart is how to run something that covers files of the machine for itself
// alone. Nothing is how in a container whose root may not.
func apart(t *testing.T) []string {
	t.Helper()
	unshare := program(t, "unshare")
	for _, way := range [][]string{
		{unshare, "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"},
		{"sudo", "-n", "--", unshare, "--mount", "--pid", "--fork", "--kill-child"},
	} {
		if exec.Command(way[0], append(way[1:], "mount", "-t", "tmpfs", "none", "/run")...).Run() == nil {
			return way
		}
	}
	if os.Geteuid() != 0 {
		t.Fatal("nslcd needs root, sudo without a password, or user namespaces")
	}
	return []string{"env"}
}
