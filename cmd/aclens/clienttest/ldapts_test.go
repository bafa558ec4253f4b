package clienttest

import (
	"os"
	"path/filepath"
	"testing"
)

// askLdapts asks with ldapts, the client of node programs.
func askLdapts(t *testing.T, w *world) {
	wantLines(t, `
bind	wrong password	InvalidCredentialsError 49
bind	unknown name	InvalidCredentialsError 49
bind	a name without a password	UnwillingToPerformError 53
bind	right password	bound
search	uid	ida jdoe jmueller pplain vstone
search	memberOf	ida jdoe vstone
search	umlauts	cn=Jürgen Müller,ou=partners,o=acme
read	memberOf	cn=CRM Editors,ou=groups,o=acme|cn=Interns,ou=groups,o=acme|cn=Sales Team,ou=groups,o=acme|cn=staff,ou=groups,o=acme|cn=unixsales,ou=groups,o=acme
read	isMemberOf	cn=CRM Editors,ou=groups,o=acme|cn=Interns,ou=groups,o=acme|cn=Sales Team,ou=groups,o=acme|cn=staff,ou=groups,o=acme|cn=unixsales,ou=groups,o=acme
read	effectiveAccess	apps/crm.nsf#editor
read	accessRole;x-db-crm	[Buyer]
size limit	2
no such entry	NoSuchObjectError 32
root DSE	cn=access|o=acme
pages	ida jdoe jmueller pplain vstone
page sizes	2 2 1
compare	sn	DOE	true
compare	sn	Other	false
compare	effectiveAccess	crm#editor	true
compare	isMemberOf	CN=crm editors, OU=groups, O=acme	true
compare	pager	1	NoSuchAttributeError 16
at once	200
unknown critical control	UnavailableCriticalExtensionError 12
write	UnwillingToPerformError 53
who	dn:cn=reader,o=acme
StartTLS	jdoe
`, program(t, "node"), "testdata/ask.cjs", nodeFolder(t), w.ldap, reader, readerPassword, w.ca)
}

// nodeFolder is where .ci/install-test-deps puts the packages that testdata/node
// locks, which is shared by all checkouts of one version of that lock.
func nodeFolder(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile("testdata/node/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	folder := filepath.Join(cache, "aclens-test", "node")
	if installed, err := os.ReadFile(filepath.Join(folder, "package-lock.json")); err != nil || string(installed) != string(lock) {
		t.Fatalf("ldapts is not installed, or not the locked version; run `make test`, which installs it (%v)", err)
	}
	return folder
}
