package slapdtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Where distributions put things: Debian, Fedora, Alpine, and builds from source.
var (
	programFolders = []string{"/usr/sbin", "/usr/libexec", "/usr/lib/openldap", "/usr/local/libexec", "/usr/local/sbin", "/opt/homebrew/opt/openldap/libexec"}
	schemaFolders  = []string{"/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema", "/opt/homebrew/etc/openldap/schema"}
	moduleFolders  = []string{"/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap", "/usr/local/libexec/openldap"}
)

// program finds slapd or one of its tools; the test fails where it is missing.
func program(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range programFolders {
		if path := filepath.Join(folder, name); exists(path) {
			return path
		}
	}
	t.Fatalf("%s is not installed; run `make test`, which installs it", name)
	return ""
}

func schemaFolder(t testing.TB) string {
	t.Helper()
	for _, folder := range schemaFolders {
		if exists(filepath.Join(folder, "core.schema")) {
			return folder
		}
	}
	t.Fatalf("the schemas of slapd are not installed; run `make test`, which installs them")
	return ""
}

// moduleFolder is empty where slapd has everything built in.
func moduleFolder() string {
	for _, folder := range moduleFolders {
		if found, _ := filepath.Glob(filepath.Join(folder, "back_mdb*")); len(found) > 0 {
			return folder
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
